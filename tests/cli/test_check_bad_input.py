"""Whatever is wrong with what `backprove check` is given, one sentence or one finding says it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backprove.cli import run
from backprove.messages import choose_language

CLASS = """
import numpy as np
{before}
class A:
    def __init__(self{init}):
        pass
    def forward(self, x):
        self.x = x
        {forward}
    def backward(self{dy}):
        {backward}
"""
USUAL = {
    "before": "", "init": "", "forward": "return x * 2", "dy": ", dy", "backward": "return 2 * dy"
}  # fmt: skip
TORCH = """
import torch
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        {forward}
    @staticmethod
    def backward(ctx, dy):
        {backward}
"""
PAIR = "def forward(x):\n    return x * x\ndef backward({}):\n    return 1\n"
UNCHECKABLE = {
    "syntax": ({"forward": "return x *"}, "op.py:9 is not Python: invalid syntax"),
    "import": ({"before": "import no_such_thing"}, "op.py:3) stopped: ModuleNotFoundError"),
    "arguments": ({"init": ", alpha, beta"}, "A needs alpha, beta to be made"),
    "arity": ({"dy": ", a, b, c"}, "A.backward needs a, b, c, expected one argument"),
    "nothing fits": ({"forward": "raise ValueError('no')"}, "accepts none of the inputs"),
    "exit": ({"before": "exit(3)"}, "ended the process with exit code 3"),
    "empty": ("", "op.py has no class with forward and backward"),
    "no class": ("x = 1\n", "op.py has no class with forward and backward"),
    "half": ("class A:\n    def backward(self, dy): return dy\n", "A has no forward and backward"),
    "binary": (bytes(range(256)), "op.py is not Python"),
    "pair": (PAIR.format(""), "backward() cannot be read"),
}
STOPPED = {
    "no value": ({"forward": "pass"}, "GRD025 forward gave back None, expected array"),
    "no gradient": ({"backward": "pass"}, "GRD025 backward gave back None, expected array"),
    "text": ({"forward": "return 'text'"}, "GRD025 forward gave back str, expected array"),
    "two": ({"backward": "return dy, dy"}, "GRD025 backward gave back 2 gradients for 1 inputs"),
    "exit": ({"forward": "exit(3)"}, "GRD020 forward stopped: exit code 3"),
    "crash": ({"backward": "import os; os.abort()"}, "GRD020 backward stopped: SIGABRT"),
    "raises": ({"backward": "raise KeyError('k')"}, "GRD020 backward stopped: KeyError: 'k'"),
    "torch": (
        TORCH.format(forward="return x * 2", backward="return None, dy"),
        "GRD020 backward stopped: RuntimeError: function FBackward returned an incorrect number",
    ),
}  # fmt: skip
NAMES = {
    "nowhere.py": "there is no file nowhere.py",
    "folder": "expected a file, found the folder folder",
    "folder.py": "expected a file, found the folder folder.py",
    "text.txt": "expected a .py or .ipynb file, found text.txt",
    "op.py::B": "op.py has no 'B': did you mean 'A'? It has A.",
    "op.py::A::B": "expected one class or function, or forward and backward",
    "op.py::np": "numpy has no forward and backward",
    "reluu": "did you mean 'ReLU'",
    "torch.nn.ReLU": "expected a framework's operator as torch:nn.ReLU",
    "torch:": "expected a framework's operator as torch:nn.functional.silu",
    "keras:relu": "unknown library 'keras'",
    "jax:nn.nothing": "jax.nn has no 'nothing'",
    "jax:nn": "jax.nn is no operator but a module",
    "text.ipynb": "expected a Jupyter notebook, found something else in text.ipynb",
    "other.ipynb": "expected a Jupyter notebook, found something else in other.ipynb",
    "empty.ipynb": "empty.ipynb has no class with forward and backward",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    choose_language("auto")


def write(body) -> None:
    if isinstance(body, bytes):
        Path("op.py").write_bytes(body)
    else:
        text = CLASS.format(**{**USUAL, **body}) if isinstance(body, dict) else body
        Path("op.py").write_text(text, encoding="utf-8")


def told(words, capsys, language="en") -> tuple[int, str, str]:
    """The exit code and what was printed; never a traceback."""
    choose_language(language)
    code = run(["check", *words, "--against", "exact", "--format", "concise"])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return code, out, err


@pytest.mark.parametrize("case", UNCHECKABLE)
def test_what_cannot_be_checked_is_one_sentence(case, capsys) -> None:
    body, said = UNCHECKABLE[case]
    write(body)
    code, out, err = told(["op.py"], capsys)
    assert (code, out) == (2, "") and said in err and err.count("\n") == 1


@pytest.mark.parametrize("case", STOPPED)
def test_what_stops_is_one_finding(case, capsys) -> None:
    body, said = STOPPED[case]
    write(body)
    code, out, err = told(["op.py"], capsys)
    assert (code, err) == (1, "") and said in out and out.count("GRD0") == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_nothing_is_one_sentence(name, capsys) -> None:
    write({})
    Path("folder").mkdir()
    Path("folder.py").mkdir()
    Path("text.txt").write_text("text")
    Path("text.ipynb").write_text("text")
    Path("other.ipynb").write_text(json.dumps({"a": 1}))
    Path("empty.ipynb").write_text(json.dumps({"cells": []}))
    code, out, err = told([name], capsys)
    assert (code, out) == (2, "") and NAMES[name] in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.py"], "nowhere.py"),
        (["folder"], "文件夹"),
        (["op.py::B"], "是否想写 'A'"),
        (["jax:nn.nothing"], "是否想写"),
        (["op.py", "--with", "slope=1"], "slope"),
    ],
)
def test_they_come_in_chinese(words, said, capsys) -> None:
    write({})
    Path("folder").mkdir()
    code, out, err = told(words, capsys, "zh")
    assert (code, out) == (2, "") and said in err
    assert any("\u4e00" <= letter <= "\u9fff" for letter in err.partition(": ")[2])


def test_megabytes_of_prints_are_not_shown(capsys) -> None:
    write({"forward": "print('x' * 200_000); return x * 2"})
    code, out, err = told(["op.py"], capsys)
    assert code == 0 and len(out + err) < 1000


def test_one_that_never_returns_is_stopped(capsys, monkeypatch) -> None:
    monkeypatch.setattr("backprove.check.subject.SECONDS", 1.0)
    write({"backward": "while True: pass"})
    code, out, _ = told(["op.py"], capsys)
    assert code == 1 and "GRD021 backward did not finish within 1 s" in out


def test_ctrl_c_in_the_middle_ends_it_with_its_worker() -> None:
    write(
        {"forward": "open('pid', 'w').write(str(__import__('os').getpid()))\n        while 1: pass"}
    )
    with subprocess.Popen(
        [sys.executable, "-m", "backprove", "check", "op.py", "--against", "exact"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        env={**os.environ, "BACKPROVE_LANG": "en"},
    ) as process:  # fmt: skip
        deadline = time.monotonic() + 60
        while not (Path("pid").is_file() and Path("pid").read_text()):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "stopped by Ctrl-C\n")
    with pytest.raises(ProcessLookupError):
        os.kill(int(Path("pid").read_text()), 0)
