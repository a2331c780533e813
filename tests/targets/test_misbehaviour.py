"""Whatever a learner's code does is the outcome of the trial that it happened in."""

from __future__ import annotations

import os
import time

import numpy as np
import pytest

from backprove.errors import UsageError
from backprove.targets import Sandbox, TargetError, Trial, find, sentence

X = np.array([-1.0, 0.5, 2.0])
FORWARD = """
import numpy as np
class A:
    def forward(self, x):
        {body}
    def backward(self, g):
        return g
"""
BACKWARD = """
import numpy as np
class A:
    def forward(self, x):
        self.x = x
        return x * 1.0
    def backward(self, g):
        {body}
"""


BODIES = {
    "raise ValueError('wrong 值')": ("raised", "ValueError: wrong 值"),
    "return missing": ("raised", "NameError: name 'missing' is not defined"),
    "return x + np.ones(7)": ("raised", "ValueError: operands could not be broadcast"),
    "return again(x)": ("raised", "RecursionError"),
    "raise KeyboardInterrupt": ("raised", "KeyboardInterrupt"),
    "raise type('E', (Exception,), {'__str__': lambda s: 1 / 0})": ("raised", "E: ?"),
    "return input('number? ')": ("raised", "EOFError"),
    "return np.ones(10**13)": ("raised", "MemoryError"),
    "exit()": ("exited", "exit code 0"),
    "quit(3)": ("exited", "exit code 3"),
    "import sys; sys.exit('bye')": ("exited", "exit code 1"),
    "import os; os._exit(7)": ("exited", "exit code 7"),
    "import ctypes; ctypes.string_at(0)": ("crashed", "SIGSEGV"),
    "import os; os.abort()": ("crashed", "SIGABRT"),
    "import os; os.kill(os.getpid(), 9)": ("crashed", "SIGKILL"),
    "pass": ("no result", "returned nothing"),
    "return 'text'": ("malformed", "returned str"),
    "return {1.0, 2.0, 3.0}": ("malformed", "returned set"),
    "yield x": ("malformed", "returned generator"),
    "return np.array(['a', 'b', 'c'])": ("malformed", "returned ndarray of <U1"),
    "return np.array([None, 1, 2])": ("malformed", "returned ndarray of object"),
    "return np.array([1, 2, 3], 'datetime64[s]')": ("malformed", "ndarray of datetime64"),
    "return np.broadcast_to(np.float64(0), (2**40,))": ("malformed", "of 8796093022208 bytes"),
    "return x[:2]": ("wrong shape", "has the shape (2,), expected (3,)"),
    "return x.sum()": ("wrong shape", "has the shape (), expected (3,)"),
}
SILENT = ("import os; os._exit(7)", "import os; os.kill(os.getpid(), 9)")


@pytest.fixture(scope="module")
def bad(tmp_path_factory):
    """One file that holds every body, in forward or in backward."""
    text = "import numpy as np\n\ndef again(x):\n    return again(x)\n"
    for number, body in enumerate(BODIES):
        text += f"\ndef body{number}(x):\n    {body}\n"
    text += """
class A:
    def __init__(self, number, method):
        self.number, self.method = number, method

    def forward(self, x):
        self.x = x
        return globals()[f"body{self.number}"](x) if self.method == "forward" else x

    def backward(self, g):
        return globals()[f"body{self.number}"](g)
"""
    file = tmp_path_factory.mktemp("bad") / "op.py"
    file.write_text(text, encoding="utf-8")
    with Sandbox(find(str(file))) as box:
        yield box, text.splitlines()


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("method", ["forward", "backward"])
def test_it_is_typed_and_names_the_line(method, body, bad) -> None:
    box, lines = bad
    kind, said = BODIES[body]
    arguments = {"number": list(BODIES).index(body), "method": method}
    (found,) = box.run([Trial((X,), np.ones(3), arguments=arguments)])
    assert (found.kind, found.method) == (kind, method), found
    assert said in sentence(found)
    if kind in ("raised", "exited", "crashed") and body not in SILENT:
        inside = "return again(x)" if "RecursionError" in said else body
        assert lines[found.line - 1].strip() == inside
    elif kind in ("no result", "malformed", "wrong shape"):
        assert lines[found.line - 1].strip().startswith(f"def {method}(")


def test_sequences_are_no_output_but_gradients(sandbox, one) -> None:
    for body, said in (("return x, x", "returned tuple"), ("return [1.0, 2.0]", "returned list")):
        assert said in sentence(one(sandbox(FORWARD.format(body=body))))
    found = one(sandbox(BACKWARD.format(body="return g, g")))
    assert found.kind == "malformed" and "2 gradients for 1 inputs" in found.error
    assert one(sandbox(BACKWARD.format(body="return [g]"))).ok


def test_an_infinite_loop_is_stopped_at_its_line(sandbox, one) -> None:
    box = sandbox(FORWARD.format(body="while True: x = x + 0"), seconds=1.0)
    start = time.monotonic()
    found = one(box)
    assert time.monotonic() - start < 5
    assert (found.kind, found.limit, found.line) == ("timed out", 1.0, 5)
    assert "gave no answer within 1 s" in sentence(found)


def test_a_hang_in_compiled_code_is_stopped_too(sandbox, one) -> None:
    box = sandbox(BACKWARD.format(body="import time; time.sleep(99)"), seconds=1.0)
    found = one(box)
    assert (found.kind, found.method, found.line) == ("timed out", "backward", 8)


def test_a_hang_that_refuses_to_stop_is_killed(sandbox, one) -> None:
    body = (
        "import signal; [signal.signal(s, signal.SIG_IGN) for s in (10, 15)]\n        while 1: pass"
    )
    found = one(sandbox(FORWARD.format(body=body), seconds=1.0))
    assert found.kind == "timed out"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_megabytes_of_prints_are_capped(stream, sandbox, one) -> None:
    body = f"import sys; print('begin ' + 'x' * 9_000_000 + ' end', file=sys.{stream}); return x"
    box = sandbox(FORWARD.format(body=body))
    assert one(box).ok and one(box).ok
    deadline = time.monotonic() + 5
    while not box.printed.endswith("end\n") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert box.printed.startswith("begin xxx") and box.printed.endswith("end\n")
    assert len(box.printed) < 10_000 and "bytes]" in box.printed


def test_printing_for_ever_is_stopped_and_told(sandbox, one) -> None:
    found = one(sandbox(FORWARD.format(body="while True: print('again')"), seconds=1.0))
    assert found.kind == "timed out" and "again" in found.printed


def test_prints_below_python_do_not_disturb_the_answers(sandbox, one) -> None:
    body = "import os; os.write(1, b'raw'); os.system('echo shell'); return x"
    box = sandbox(FORWARD.format(body=body))
    assert one(box).ok


def test_closing_every_stream_is_survived(sandbox, one) -> None:
    body = "import os; os.closerange(0, 99); return x"
    box = sandbox(FORWARD.format(body=body), seconds=3.0)
    assert one(box).kind in ("exited", "crashed", "timed out")


def test_only_the_trial_that_crashed_is_lost(sandbox) -> None:
    body = "import os; return x if x.flat[0] != 3 else os._exit(5)"
    box = sandbox(FORWARD.format(body=body))
    trials = [Trial((np.full(2, float(i)),), np.ones(2)) for i in range(6)]
    found = box.run(trials)
    assert [o.kind for o in found] == ["ok"] * 3 + ["exited"] + ["ok"] * 2
    assert found[3].code == 5 and found[5].arrays["y"][0] == 5.0
    assert box.run(trials[:1])[0].ok


def test_after_three_losses_the_rest_is_not_run(sandbox) -> None:
    box = sandbox(FORWARD.format(body="import os; os._exit(1)"))
    found = box.run([Trial((X,), X)] * 6)
    assert [o.kind for o in found] == ["exited"] * 3 + ["not run"] * 3
    assert "too often" in sentence(found[-1])


def test_a_child_that_lives_on_does_not_hold_the_answer(sandbox, one) -> None:
    body = "import os, time\n        if os.fork() == 0: time.sleep(60)\n        os._exit(4)"
    box = sandbox(FORWARD.format(body=body), seconds=20.0)
    start = time.monotonic()
    found = one(box)
    assert (found.kind, found.code) == ("exited", 4) and time.monotonic() - start < 10


def test_memory_can_be_limited(sandbox, one) -> None:
    body = "big = np.ones(4 * 10**8); return x + big[0]"
    found = one(sandbox(FORWARD.format(body=body), memory=2 * 10**9))
    assert found.kind == "raised" and "MemoryError" in found.error


def test_threads_of_a_learner_do_not_keep_the_process(sandbox, one) -> None:
    body = (
        "import threading, time; threading.Thread(target=time.sleep, args=(99,)).start(); return x"
    )
    box = sandbox(FORWARD.format(body=body))
    assert one(box).ok
    start = time.monotonic()
    box.close()
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("import no_such_package\n", "raised", "No module named 'no_such_package'"),
        ("1 / 0\n", "raised", "ZeroDivisionError"),
        ("exit(3)\n", "exited", "exit code 3"),
        ("import os\nos._exit(3)\n", "exited", "exit code 3"),
        ("import ctypes; ctypes.string_at(0)\n", "crashed", "SIGSEGV"),
        ("while True: pass\n", "timed out", "within 1 s"),
    ],
)
def test_a_file_that_cannot_be_run_is_one_sentence(text, kind, said, sandbox) -> None:
    box = sandbox(text + FORWARD.format(body="return x"), loading=1.0)
    with pytest.raises(TargetError, match=said) as caught:
        _ = box.facts
    found = caught.value.outcome
    assert (found.kind, found.method) == (kind, "import")
    if text != "import os\nos._exit(3)\n":
        assert found.file.endswith("op.py") and found.line == 1
    with pytest.raises(TargetError, match=said):
        box.run([Trial((X,), X)])


@pytest.mark.parametrize(
    ("init", "kind", "said"),
    [
        ("raise ValueError('no')", "raised", "ValueError: no"),
        ("exit(2)", "exited", "exit code 2"),
        ("while True: pass", "timed out", "gave no answer"),
    ],
)
def test_a_constructor_that_fails(init, kind, said, sandbox) -> None:
    text = f"class A:\n    def __init__(self):\n        {init}\n"
    text += "    def forward(self, x): return x\n    def backward(self, g): return g\n"
    box = sandbox(text, loading=1.0)
    with pytest.raises(TargetError, match=said) as caught:
        _ = box.facts
    assert (caught.value.outcome.kind, caught.value.outcome.line) == (kind, 3)


@pytest.mark.parametrize(
    ("forward", "backward", "said"),
    [
        ("self", "self, g", "wrong arity"),
        ("self, x, y, z", "self, g", "wrong arity"),
        ("self, x", "self, g, h", "A.backward needs g, h, expected one argument"),
    ],
)
def test_the_wrong_arity_is_told(forward, backward, said, sandbox, one) -> None:
    text = f"class A:\n    def forward({forward}): return 1.0\n"
    text += f"    def backward({backward}): return 1.0\n"
    box = sandbox(text)
    if said == "wrong arity":
        found = one(box)
        assert found.kind == said and found.method == "forward" and found.line == 2
    else:
        with pytest.raises(UsageError, match=said):
            _ = box.facts


def test_a_missing_gradient_is_no_result(sandbox, one) -> None:
    found = one(sandbox(BACKWARD.format(body="return None")))
    assert (found.kind, found.method) == ("no result", "backward")


def test_reading_what_forward_did_not_store(sandbox, one) -> None:
    found = one(sandbox(BACKWARD.format(body="return g * self.outputs")))
    assert found.kind == "raised" and "forward has not stored" in found.error and found.line == 8


def test_the_worker_does_not_import_from_the_folder_it_is_called_in(
    tmp_path, monkeypatch, sandbox, one
) -> None:
    (tmp_path / "numpy.py").write_text("raise SystemExit(9)")
    (tmp_path / "msgspec.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    assert one(sandbox(FORWARD.format(body="return x"))).ok


def test_files_beside_the_operator_are_imported(tmp_path, sandbox, one) -> None:
    (tmp_path / "helper.py").write_text("def twice(x): return 2 * x\n")
    box = sandbox(FORWARD.format(body="from helper import twice; return twice(x)"))
    np.testing.assert_array_equal(one(box).arrays["y"], 2 * X)


def test_pictures_are_drawn_nowhere(sandbox, one) -> None:
    body = "import os; return x + (os.environ['MPLBACKEND'] == 'Agg')"
    np.testing.assert_array_equal(one(sandbox(FORWARD.format(body=body))).arrays["y"], X + 1)


def test_sentences_come_in_the_chosen_language(sandbox, one) -> None:
    from backprove.messages import choose_language

    choose_language("zh")
    try:
        box = sandbox(FORWARD.format(body="exit(4)"))
        assert "退出码 4" in sentence(one(box))
        box = sandbox("class A:\n    def forward(self, x): pass\n", names="B")
        with pytest.raises(UsageError, match="是否想写"):
            _ = box.facts
    finally:
        choose_language("auto")


def test_the_process_ends_with_its_sandbox(sandbox, one, tmp_path) -> None:
    body = "import os; return x + 0 * os.getpid() + os.getpid()"
    box = sandbox(FORWARD.format(body=body))
    pid = int((one(box).arrays["y"] - X)[0])
    os.kill(pid, 0)
    box.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with Sandbox(find(str(tmp_path / "op.py"))) as again:
        assert one(again).ok
