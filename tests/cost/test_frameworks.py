"""Networks of PyTorch and Paddle, counted in their own process, against the truth by hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import ask

from backprove import LeakyReLU, Linear, Sequential, messages
from backprove.cli import run
from backprove.cost import cost
from backprove.cost.frameworks import cost_of_file
from backprove.errors import BackproveError, DataError, ShapeError, UsageError

NETWORKS = Path(__file__).parent / "networks"


@pytest.fixture(autouse=True)
def _english():
    messages.choose_language("en")
    yield
    messages.choose_language("auto")


TRUTH = {
    "mlp": ("1,784", 1_933_010, 1_931_000),
    "Functional": ("1,784", 1_933_010, 1_931_000),
    "Raw": ("1,784", 1_933_010, 1_931_000),
    "CalledThree": ("1,100", 10_100, 30_000),
    "two_parents": ("1,100", 10_100, 20_000),
    "subclass": ("1,100", 10_100, 10_000),
    "subclass_twice": ("1,100", 10_100, 20_000),
    "RootVector": ("1,784", 203_537, 203_264),
    "RootOwn": ("1,100", 11_010, 11_000),
    "linear_3d": ("2,50,64", 4_160, 409_600),
    "bilinear": ("4,20;4,30", 24_040, 100_800),
    "Scan": ("1,100", 10_000, 100_000),
    "small_mlp": ("1,784", 203_530, 203_264),
    "layer_norm": ("64,500", 1_000, 0),
    "Broadcast": ("4,8;8,5", 0, 0),
    "embedding": ("10:int64", 64_000, 0),
    "ResidualBlock": ("8,64", 8_320, 65_536),
    "lstm": ("100,1,64", 33_280, 3_276_800),
    "Attention": ("1,12,64,64;1,12,64,64;1,12,64,64", 0, 6_291_456),
    "SelfAttention": ("1000,1,100", 40_400, 240_000_000),
    "conv": ("1,3,8,8", 3 * 4 * 9 + 4 + 144 * 5 + 5, 4 * 36 * 27 + 144 * 5),
}
SHAPES = {
    "paddle": {
        "lstm": "1,100,64",
        "Attention": "1,64,12,64;1,64,12,64;1,64,12,64",
        "SelfAttention": "1,1000,100",
    }
}


def place(library: str, name: str) -> str:
    return f"{NETWORKS / f'nets_{library}.py'}::{name}"


def count(library: str, name: str, shapes: str = "", **settings):
    ask(library)
    default = TRUTH[name][0] if name in TRUTH else ""
    shapes = shapes or SHAPES.get(library, {}).get(name, default)
    return cost_of_file(place(library, name), shapes, **settings)


def forward(found, kind: str = "flop") -> int:
    return found.operations("forward", kind)


LIBRARIES = pytest.mark.parametrize("library", ["torch", "paddle"])


@LIBRARIES
@pytest.mark.parametrize("name", ["subclass_twice", "conv"])
def test_truth(library, name) -> None:
    """Beside the vectors of test_truth.py."""
    found = count(library, name)
    _, parameters, macs = TRUTH[name]
    assert found.totals["parameters"]["total"] == parameters
    assert forward(found, "mac") == macs
    assert found.complete, [row.operator for row in found.rows if not row.known]


@LIBRARIES
@pytest.mark.parametrize("name", ["mlp", "Functional", "Raw"])
@pytest.mark.parametrize("batch", [1, 64])
def test_a_training_step_of_the_course_network(library, name, batch) -> None:
    found = count(library, name, f"{batch},784", optimizer="adam", loss="cross_entropy")
    dx = 1500 * 500 + 500 * 10
    assert found.batch_size == batch
    assert forward(found) == batch * (2 * 1_931_000 + 2010 + 2000)
    assert found.operations("dweight") == 2 * batch * 1_931_000
    assert found.operations("dx", "mac") == batch * dx
    assert found.operations("dx") == batch * (2 * dx + 2000)
    assert found.operations("dbias") == (batch - 1) * 2010
    assert found.operations("loss") == batch * 22
    assert found.operations("loss_backward") == batch * 21
    assert found.operations("optimizer") == 25_129_130
    assert found.operations("step") == {1: 34_369_140, 64: 616_616_400}[batch]
    memory = found.totals["memory"]
    assert memory["parameters"] == memory["gradients"] == 7_732_040
    assert memory["optimizer"] == 15_464_080


@LIBRARIES
def test_frameworks_agree_with_our_own_formulas(library) -> None:
    ours = cost(
        Sequential(Linear(784, 1500), LeakyReLU(), Linear(1500, 500), LeakyReLU(), Linear(500, 10)),
        (784,),
        batch_size=8,
        convention="strict",
    )
    theirs = count(library, "mlp", "8,784", convention="strict")
    for passed in ("forward", "dx", "dweight", "dbias"):
        for kind in ("mac", "flop", "cheap", "trans"):
            assert theirs.operations(passed, kind) == ours.operations(passed, kind), (passed, kind)


@LIBRARIES
def test_details(library) -> None:
    norm = count(library, "layer_norm", convention="strict")
    assert (forward(norm), forward(norm, "trans")) == (224_064, 64)
    behind = count(library, "BehindLinear", "64,500", convention="strict")
    row = next(row for row in behind.rows if row.name == "norm")
    assert row.backward["flop"] == 382_936
    assert forward(count(library, "Broadcast")) == 300
    assert forward(count(library, "embedding")) == 0
    assert forward(count(library, "small_mlp")) == 407_050
    assert forward(count(library, "linear_3d")) == 2 * 409_600 + 6_400
    assert forward(count(library, "ResidualBlock")) == 2 * 65_536 + 1_024 + 512 + 512


@LIBRARIES
def test_gradients_of_a_shared_layer_add(library) -> None:
    found = count(library, "CalledThree")
    assert found.operations("dweight") == 2 * 30_000 + 2 * 10_000
    assert found.operations("dbias") == 2 * 100
    assert found.operations("dx") == 2 * 20_000


@LIBRARIES
@pytest.mark.parametrize(
    ("name", "shape", "macs", "backward"),
    [
        ("two_way", "5,2,8", 15_360, 26_880),
        ("Einsum", "3,6", 90, 90),
        ("WeightFirst", "6,3", 90, 90),
    ],
)
def test_backward_without_the_gradient_of_the_input(library, name, shape, macs, backward) -> None:
    """Two layers, two ways: both weights, the hidden state, and the upper layer's input."""
    found = count(library, name, shape)
    assert found.complete
    assert (forward(found, "mac"), found.operations("backward", "mac")) == (macs, backward)


@LIBRARIES
def test_parameters_used_trainable_and_tied(library) -> None:
    found = count(library, "RootVector").totals["parameters"]
    assert (found["total"], found["used"]) == (203_537, 203_530)
    frozen = count(library, "Frozen", "4,20", optimizer="sgd")
    assert frozen.totals["parameters"]["trainable"] == 310
    assert frozen.operations("dweight", "mac") == 4 * 300
    assert frozen.operations("dx", "mac") == 0
    assert frozen.operations("optimizer") == 2 * 310
    two = count(library, "two_parents").totals["parameters"]
    assert (two["total"], two["tied"]) == (10_100, 10_100)
    tied = count(library, "Tied", "3,5:int64")
    assert tied.totals["parameters"]["total"] == 400
    assert tied.totals["parameters"]["tied"] == 400
    assert [row.tied_to for row in tied.rows if row.name == "back"] == ["words"]
    assert forward(tied, "mac") == 15 * 400


@LIBRARIES
def test_several_and_keyword_inputs_and_outputs(library) -> None:
    keyed = count(library, "Keywords", "4,20;scale=4,30")
    assert (forward(keyed, "mac"), forward(keyed)) == (2_400, 4_800 + 120 + 120)
    heads = count(library, "TwoHeads", "4,20")
    assert heads.operations("dweight", "mac") == 4 * 20 * 8


@LIBRARIES
def test_arguments_of_the_constructor(library) -> None:
    arguments = {"sizes": (20, 30, 10), "act": "tanh"}
    found = count(library, "Made", "4,20", arguments=arguments, convention="strict")
    assert forward(found, "mac") == 4 * (600 + 300)
    assert forward(found, "trans") == 40


@LIBRARIES
def test_outputs_within_outputs_have_gradients(library) -> None:
    assert count(library, "Nested", "4,20").operations("dweight", "mac") == 4 * 20 * 8


@LIBRARIES
def test_a_network_without_gradients_is_counted_forward(library) -> None:
    found = count(library, "WithoutGradients", "4,20", optimizer="adam")
    assert (forward(found, "mac"), found.operations("backward", "mac")) == (400, 0)


@LIBRARIES
def test_what_is_computed_in_numpy_is_not_lost_silently(library) -> None:
    found = count(library, "InNumPy", "4,20")
    assert [row.operator for row in found.rows if not row.known] == ["Tensor.numpy"]


@LIBRARIES
def test_in_place_operations(library) -> None:
    found = count(library, "InPlace", "4,20")
    assert found.complete
    assert found.operations("dx", "flop") == 20 and found.operations("dweight", "mac") == 400


@LIBRARIES
def test_normalised_and_resized_pictures(library) -> None:
    found = count(library, "picture", "2,3,10,10")
    assert found.complete
    assert forward(found, "mac") == 2 * (100 * 8 * 27 + 32 * 4)
    assert found.operations("dweight", "mac") == forward(found, "mac")


@LIBRARIES
def test_memory_of_a_step(library) -> None:
    """Parameters, gradients and Adam's state are at hand when the most activations are."""
    memory = count(library, "mlp", "64,784", optimizer="adam").totals["memory"]
    gradients = 4 * (500 * 10 + 10 + 1500 * 500 + 500)
    state = memory["parameters"] + memory["optimizer"] + 4 * 64 * 784
    assert state + memory["gradients"] < memory["peak"]
    assert memory["peak"] < state + memory["gradients"] + 4 * 64 * 4794 + gradients


@LIBRARIES
def test_the_second_answer_is_the_first(library) -> None:
    first, second = (count(library, "ResidualBlock", "8,64") for _ in range(2))
    assert first.json() == second.json()


@LIBRARIES
def test_control_flow_that_depends_on_data_is_said(library) -> None:
    found = count(library, "DependsOnData", "4,20")
    assert forward(found, "mac") == 2 * 4 * 400
    assert "control flow depends on values" in str(found)
    assert "control flow depends on values" not in str(count(library, "mlp"))


@LIBRARIES
def test_an_operation_without_a_formula_is_never_zero(library) -> None:
    found = count(library, "Strange", "4,20")
    assert not found.complete
    assert "total, at least" in str(found)
    assert any("svd" in row.operator for row in found.rows if not row.known)
    assert forward(found, "mac") == 4 * 400


@LIBRARIES
@pytest.mark.parametrize(
    ("name", "shapes", "kind", "text"),
    [
        ("mlp", None, UsageError, "--input"),
        ("mlp", "4;x", UsageError, "4;x"),
        ("mlp", "0,784", UsageError, "from 1 on"),
        ("mlp", "4,3:float99", UsageError, "float99"),
        ("mlp", "4,785", ShapeError, "4,785"),
        ("Raises", "4,3", ShapeError, "no thanks"),
        ("Needs", "4,3", UsageError, "--with"),
        ("Nowhere", "4,3", UsageError, "Nowhere"),
    ],
)
def test_bad_input_is_refused(library, name, shapes, kind, text) -> None:
    ask(library)
    with pytest.raises(kind, match=text):
        cost_of_file(place(library, name), shapes)


def test_files_that_hold_no_network(tmp_path) -> None:
    plain = tmp_path / "plain.py"
    plain.write_text("x = 1\n")
    with pytest.raises(UsageError, match="neither paddle nor torch"):
        cost_of_file(f"{plain}::Net", "1,2")
    with pytest.raises(BackproveError, match="no file"):
        cost_of_file(str(tmp_path / "nowhere.py"), "1,2")
    with pytest.raises(UsageError, match="convention"):
        cost_of_file(place("torch", "mlp"), "1,784", convention="flops")


@LIBRARIES
def test_a_file_that_fails(library, tmp_path) -> None:
    ask(library)
    broken = tmp_path / "broken.py"
    broken.write_text(f"import {library}\nraise KeyError('lost')\n")
    with pytest.raises(DataError, match="lost"):
        cost_of_file(f"{broken}::Net", "1,2")
    empty = tmp_path / "empty.py"
    empty.write_text(f"import {library}\n")
    with pytest.raises(UsageError, match="no network"):
        cost_of_file(str(empty), "1,2")


def test_lazy_layers_and_attention_weights() -> None:
    lazy = count("torch", "lazy", "4,20")
    assert lazy.totals["parameters"]["total"] == 3_110
    assert forward(lazy, "mac") == 4 * (2_000 + 1_000)
    assert forward(count("torch", "WithWeights", "1000,1,100"), "mac") == 240_000_000


@LIBRARIES
@pytest.mark.parametrize("name", ["mlp", "Raw", "Scan", "ResidualBlock", "conv", "BehindLinear"])
def test_shapes_alone_give_the_numbers_of_a_run(library, name) -> None:
    shapes = {"BehindLinear": "64,500"}.get(name, "")
    run, shown = (count(library, name, shapes, optimizer="adam", abstract=a) for a in (False, True))
    assert shown.totals["operations"] == run.totals["operations"]
    assert shown.totals["parameters"] == run.totals["parameters"]
    assert shown.totals["memory"]["saved"] == run.totals["memory"]["saved"]
    assert "from shapes alone" in str(shown)


@LIBRARIES
def test_a_huge_network_is_never_allocated(library) -> None:
    arguments = {"sizes": [10**6, 10**6]}
    found = count(library, "Made", "64,1000000", arguments=arguments, abstract=True)
    assert found.totals["parameters"]["total"] == 10**12 + 10**6
    assert forward(found, "mac") == found.operations("dweight", "mac") == 64 * 10**12
    with pytest.raises(DataError, match="--abstract"):
        count(library, "Made", "64,100000000", arguments={"sizes": [10**8, 10**8]})


@LIBRARIES
def test_shapes_alone_cannot_decide_on_values(library) -> None:
    with pytest.raises(ShapeError, match="without --abstract"):
        count(library, "DependsOnData", "4,20", abstract=True)


def test_a_huge_network_on_the_meta_device() -> None:
    found = count("torch", "huge", "64,1000000", optimizer="adam")
    assert found.totals["parameters"]["total"] == 10**12 + 10**6
    assert forward(found, "mac") == 64 * 10**12


@LIBRARIES
def test_nothing_is_left_behind(library) -> None:
    """Hooks, modes, gradients, buffers, training flags, random state: after a failure too."""
    ask(library)
    script = NETWORKS / f"state_{library}.py"
    ran = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    expected = ["macs 128", "differs []"] * 2 + ["refused run", "differs []"] * 2
    assert ran.stdout.splitlines() == expected


def out(capsys, *words, code=0) -> str:
    assert run(["cost", *words]) == code
    return "".join(capsys.readouterr())


@LIBRARIES
def test_the_command(library, capsys) -> None:
    ask(library)
    target = place(library, "mlp")
    found = json.loads(out(capsys, target, "--input", "64,784", "--format", "json"))
    assert found["totals"]["operations"]["step"]["flop"] == 616_616_400
    out(capsys, place(library, "Strange"), "--input", "4,20", "--strict", code=1)
    out(capsys, target, "--input", "1,784", "--max-macs", "1M", code=1)
    shown = out(capsys, target, "--input", "64,784", "--explain", "--lang", "zh")
    assert "按一次运行中实际执行的运算计数" in shown


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--input", "4,3"], "check --input"),
        ([], "--input"),
        (["--input", "4,784", "--batch-size", "3"], "--batch-size"),
        (["--input", "4,784", "--convention", "paddle"], "headline"),
    ],
)
def test_the_command_refuses(options, text, capsys) -> None:
    ask("torch")
    assert text in out(capsys, place("torch", "mlp"), *options, code=2)
