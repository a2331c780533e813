"""ONNX files: the course's network against the truth, and what is said of bad files."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.support import ask

from backprove import LeakyReLU, Linear, Sequential, messages
from backprove.cli import run
from backprove.cost import cost
from backprove.cost.frameworks import cost_of_file
from backprove.cost.onnx_count import cost_of_onnx
from backprove.errors import DataError, UsageError

SIZES = (784, 1500, 500, 10)


@pytest.fixture(autouse=True)
def _english():
    messages.choose_language("en")
    yield
    messages.choose_language("auto")


def saved(path, nodes, shape, weights, opset=17):
    """A file with one input x and one output y."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    onnx.save(model, str(path))
    return path


def mlp(path, *, gemm=True):
    nodes, weights, at = [], {}, "x"
    for i, (n, m) in enumerate(itertools.pairwise(SIZES)):
        last = i == len(SIZES) - 2
        weights |= {f"w{i}": np.zeros((n, m), np.float32), f"b{i}": np.zeros(m, np.float32)}
        out = "y" if last else f"h{i}"
        if gemm:
            nodes.append(helper.make_node("Gemm", [at, f"w{i}", f"b{i}"], [out]))
        else:
            nodes.append(helper.make_node("MatMul", [at, f"w{i}"], [f"p{i}"]))
            nodes.append(helper.make_node("Add", [f"p{i}", f"b{i}"], [out]))
        if not last:
            nodes.append(helper.make_node("LeakyRelu", [out], [f"a{i}"]))
            at = f"a{i}"
    return saved(path, nodes, ["N", 784], weights)


@pytest.mark.parametrize("gemm", [True, False])
@pytest.mark.parametrize("batch", [1, 64])
@pytest.mark.parametrize("convention", ["headline", "strict"])
def test_the_course_network(tmp_path, gemm, batch, convention) -> None:
    file = mlp(tmp_path / "net.onnx", gemm=gemm)
    found = cost_of_onnx(file, batch_size=batch, convention=convention)
    a, b, c = (Linear(n, m) for n, m in itertools.pairwise(SIZES))
    ours = cost(
        Sequential(a, LeakyReLU(), b, LeakyReLU(), c), batch_size=batch, convention=convention
    )
    assert found.complete and found.batch_size == batch
    assert found.totals["parameters"]["total"] == 1_933_010
    assert found.totals["parameters"]["used"] == 1_933_010
    assert found.operations("forward", "mac") == batch * 1_931_000
    assert set(found.totals["operations"]) == {"forward"}
    if convention == "headline":
        assert found.operations("forward") == batch * (3_862_000 + 2_010 + 2_000)
    assert found.totals["operations"]["forward"] == ours.totals["operations"]["forward"]


def test_a_convolution_with_pooling_and_batch_norm(tmp_path) -> None:
    weights = {"w": np.zeros((4, 3, 3, 3), np.float32), "b": np.zeros(4, np.float32)}
    weights |= {k: np.ones(4, np.float32) for k in ("g", "s", "m", "v")}
    nodes = [
        helper.make_node("Conv", ["x", "w", "b"], ["c"]),
        helper.make_node("BatchNormalization", ["c", "g", "s", "m", "v"], ["n"]),
        helper.make_node("MaxPool", ["n"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Flatten", ["p"], ["y"]),
    ]
    found = cost_of_onnx(saved(tmp_path / "c.onnx", nodes, ["N", 3, 8, 8], weights))
    assert found.operations("forward", "mac") == 4 * 36 * 27
    flop = 2 * 4 * 36 * 27 + 4 * 36 + 2 * 4 * 36 + 4 * 4
    assert found.operations("forward") == flop
    assert found.operations("forward", "cheap") == 4 * 9 * 3
    assert found.totals["parameters"]["total"] == 4 * 27 + 4 + 8
    assert found.totals["parameters"]["buffers"] == 8


def test_shared_weights_count_once_and_unknown_operators_are_listed(tmp_path, capsys) -> None:
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["h"]),
        helper.make_node("MatMul", ["h", "w"], ["k"]),
        helper.make_node("Det", ["k"], ["y"]),
    ]
    file = saved(tmp_path / "s.onnx", nodes, ["N", 8], {"w": np.zeros((8, 8), np.float32)})
    found = cost_of_onnx(file, [(8, 8)])
    assert found.totals["parameters"]["total"] == 64
    assert found.totals["parameters"]["tied"] == 64
    assert found.rows[1].tied_to == found.rows[0].name
    assert [row.operator for row in found.rows if not row.known] == ["Det"]
    assert run(["cost", str(file), "--input", "8,8"]) == 0
    assert "at least" in capsys.readouterr().out
    assert run(["cost", str(file), "--input", "8,8", "--strict"]) == 1


@pytest.mark.parametrize(("kind", "gates"), [("LSTM", 4), ("GRU", 3), ("RNN", 1)])
@pytest.mark.parametrize("bias", [True, False])
def test_recurrent_layers(tmp_path, kind, gates, bias) -> None:
    hidden, size, steps = 64, 32, 100
    wide = gates * hidden
    weights = {"w": np.zeros((1, wide, size), np.float32), "r": np.zeros((1, wide, hidden))}
    weights["r"] = weights["r"].astype(np.float32)
    if bias:
        weights["b"] = np.zeros((1, 2 * wide), np.float32)
    node = helper.make_node(kind, ["x", *weights], ["", "y"], hidden_size=hidden)
    found = cost_of_onnx(saved(tmp_path / "r.onnx", [node], [steps, 2, size], weights))
    assert found.complete
    assert found.operations("forward", "mac") == steps * 2 * wide * (size + hidden)
    assert found.totals["parameters"]["total"] == wide * (size + hidden + 2 * bias)
    added = steps * 2 * wide * (2 * bias + 1)
    gate = {4: 10, 3: 9, 1: 0}[gates] * steps * 2 * hidden
    assert found.operations("forward") == 2 * steps * 2 * wide * (size + hidden) + added + gate


@pytest.mark.parametrize(("opset", "rows"), [(11, 2), (13, 2 * 3)])
def test_a_row_of_softmax_was_once_all_axes_from_the_given_one_on(tmp_path, opset, rows) -> None:
    node = helper.make_node("Softmax", ["x"], ["y"], **({"axis": 1} if opset < 13 else {}))
    found = cost_of_onnx(saved(tmp_path / "s.onnx", [node], [2, 3, 4], {}, opset))
    assert found.operations("forward") == 3 * 24 - rows


def test_bad_files_and_shapes_are_told(tmp_path, capsys, monkeypatch) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"no model at all")
    assert run(["cost", str(bad)]) == 2
    assert "not an ONNX file" in capsys.readouterr().err
    nodes = [helper.make_node("Relu", ["x"], ["y"])]
    file = saved(tmp_path / "r.onnx", nodes, ["N", "T"], {})
    with pytest.raises(DataError, match="axis 1"):
        cost_of_onnx(file)
    with pytest.raises(UsageError, match="axes"):
        cost_of_onnx(file, [(1, 2, 3)])
    fixed = saved(tmp_path / "f.onnx", nodes, [2, 3], {})
    with pytest.raises(UsageError, match="axis 0"):
        cost_of_onnx(fixed, batch_size=4)
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert run(["cost", str(file)]) == 2
    assert "backprove[onnx]" in capsys.readouterr().err


@pytest.mark.parametrize("gemm", [True, False])
@pytest.mark.parametrize("batch", [1, 64])
@pytest.mark.parametrize("convention", ["headline", "strict"])
def test_a_training_step_of_the_course_network(tmp_path, gemm, batch, convention) -> None:
    """Pass by pass the numbers of our own formulas."""
    file = mlp(tmp_path / "net.onnx", gemm=gemm)
    given = {"optimizer": "adam", "loss": "cross_entropy", "convention": convention}
    found = cost_of_onnx(file, batch_size=batch, **given)
    a, b, c = (Linear(n, m) for n, m in itertools.pairwise(SIZES))
    ours = cost(Sequential(a, LeakyReLU(), b, LeakyReLU(), c), batch_size=batch, **given)
    assert found.complete
    assert found.totals["operations"] == ours.totals["operations"]
    for name in ("parameters", "gradients", "optimizer"):
        assert found.totals["memory"][name] == ours.totals["memory"][name]
    if convention == "headline":
        assert found.operations("step") == {1: 34_369_140, 64: 616_616_400}[batch]


def named(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs.split(), output.split(), **attributes)


def test_gradients_join_where_branches_part_and_stop_at_constants(tmp_path) -> None:
    """x W -> h; h + relu(h), its gradient added once at h; sizes and comparisons have none."""
    nodes = [
        named("MatMul", "x w", "h"),
        named("Relu", "h", "r"),
        named("Add", "h r", "s"),
        named("Shape", "s", "n"),
        named("Identity", "s", "y"),
    ]
    file = saved(tmp_path / "r.onnx", nodes, [4, 8], {"w": np.zeros((8, 8), np.float32)})
    found = cost_of_onnx(file, optimizer="sgd", convention="strict")
    assert found.complete
    assert found.operations("dweight", "mac") == 256 and found.operations("dx", "mac") == 0
    assert found.operations("dx") == 32 and found.operations("dx", "cheap") == 32
    assert found.operations("optimizer") == 2 * 64


def test_a_convolutional_network_has_the_gradients_of_pytorch(tmp_path) -> None:
    ask("torch")
    shapes = {"w": (4, 3, 3, 3), "b": (4,), "v": (5, 144), "c": (5,)}
    weights = {k: np.zeros(s, np.float32) for k, s in shapes.items()}
    nodes = [
        named("Conv", "x w b", "h"),
        named("Relu", "h", "r"),
        named("Flatten", "r", "f"),
        named("Gemm", "f v c", "y", transB=1),
    ]
    file = saved(tmp_path / "c.onnx", nodes, ["N", 3, 8, 8], weights)
    place = f"{Path(__file__).parent / 'networks' / 'nets_torch.py'}::conv"
    theirs = cost_of_file(place, "2,3,8,8", optimizer="adam", loss="cross_entropy")
    ours = cost_of_onnx(file, batch_size=2, optimizer="adam", loss="cross_entropy")
    assert ours.totals["operations"] == theirs.totals["operations"]


@pytest.mark.parametrize(
    ("kind", "operands", "attributes", "backward"),
    [
        ("Mul", "h w", {}, (0, 2 * 32 + 24, 0)),
        ("Div", "h w", {}, (0, 32 + 64 + 24, 32)),
        ("Sub", "h w", {}, (0, 24, 32)),
        ("Max", "h w", {}, (0, 24, 4 * 32)),
        ("PRelu", "h w", {}, (0, 32 + 32 + 24, 64)),
        ("Exp", "h", {}, (0, 32, 0)),
        ("Softmax", "h", {}, (0, 4 * (4 * 8 - 1), 0)),
        ("LogSoftmax", "h", {}, (0, 4 * (3 * 8 - 1), 0)),
        ("Sigmoid", "h", {}, (0, 3 * 32, 0)),
        ("Clip", "h", {}, (0, 0, 3 * 32)),
        ("ReduceMean", "h", {}, (0, 32, 0)),
        ("ReduceMax", "h", {}, (0, 0, 32)),
        ("LayerNormalization", "h w w", {}, (0, 9 * 32 - 4 + 2 * 32 - 8 + 24 + 8, 0)),
        ("Gather", "h i", {}, (0, 0, 0)),
    ],
)
def test_gradients_of_an_operator(tmp_path, kind, operands, attributes, backward) -> None:
    """Behind x U -> h, whose own gradient is 256 multiply-adds: multiply-adds, FLOP, cheap."""
    weights = {"u": np.zeros((8, 8), np.float32), "w": np.zeros(8, np.float32)}
    weights["i"] = np.zeros(2, np.int64)
    nodes = [named("MatMul", "x u", "h"), named(kind, operands, "y", **attributes)]
    file = saved(tmp_path / "o.onnx", nodes, [4, 8], weights)
    found = cost_of_onnx(file, optimizer="sgd", convention="strict")
    assert found.complete
    product = 2 * 256 - 64
    expected = (256 + backward[0], product + backward[1], backward[2])
    total = found.totals["operations"]["backward"]
    assert (total["mac"], total["flop"], total["cheap"]) == expected


def test_an_operator_whose_gradient_is_unknown_leaves_forward_exact(tmp_path, capsys) -> None:
    weights = {"w": np.zeros((8, 8), np.float32), "p": np.zeros(8, np.float32)}
    nodes = [named("MatMul", "x w", "h"), named("Pow", "h p", "y")]
    file = saved(tmp_path / "p.onnx", nodes, [4, 8], weights)
    found = cost_of_onnx(file, optimizer="sgd")
    assert not found.complete
    assert found.complete_in("forward") and not found.complete_in("backward")
    assert [row.operator for row in found.rows if not row.known] == ["Pow, backward"]
    assert run(["cost", str(file), "--max-macs", "256"]) == 0
    shown = capsys.readouterr().out
    lines = {line.split("  ")[0]: line for line in shown.splitlines()}
    assert "≥" not in lines["forward"] and "≥" in lines["backward"]
    assert run(["cost", str(file), "--strict"]) == 1
    assert run(["cost", str(file), "--strict", "--optimizer", "none", "--loss", "none"]) == 0
