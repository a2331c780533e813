"""The counts of networks, against numbers worked out by hand and against real executions."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from backprove import CrossEntropy, LeakyReLU, Linear, Op, Parallel, ReLU, Residual, Sequential, ops
from backprove.cost import cost
from backprove.cost.budget import exceeded
from backprove.cost.counted import executed
from backprove.errors import BackproveError, ContractError, ShapeError, UsageError
from backprove.optim import SGD, Adam

COURSE = Sequential(Linear(784, 1500), LeakyReLU(), Linear(1500, 500), LeakyReLU(), Linear(500, 10))


def parameters(result) -> int:
    return result.totals["parameters"]["total"]


@pytest.mark.parametrize("batch", [1, 64])
def test_the_course_network_headline(batch) -> None:
    found = cost(COURSE, (784,), batch_size=batch, optimizer="adam", loss="cross_entropy")
    macs, biases, activations, dx = 1_931_000, 2010, 2000, 1500 * 500 + 500 * 10
    assert parameters(found) == 1_933_010
    assert [row.parameters for row in found.rows if row.parameters] == [1_177_500, 750_500, 5_010]
    assert found.operations("forward", "mac") == batch * macs
    assert found.operations("forward") == batch * (2 * macs + biases + activations)
    assert found.operations("dweight") == 2 * batch * macs
    assert found.operations("dx", "mac") == batch * dx
    assert found.operations("dx") == 2 * batch * dx + batch * activations
    assert found.operations("dbias") == (batch - 1) * biases
    assert found.operations("loss") == batch * 21 + batch
    assert found.operations("loss", "cheap") == 9 * batch
    assert found.operations("loss", "trans") == 11 * batch
    assert found.operations("loss_backward") == 21 * batch
    assert found.operations("optimizer") == 25_129_130
    assert found.operations("optimizer", "trans") == 1_933_010
    assert found.operations("step") == {1: 34_369_140, 64: 616_616_400}[batch]


def test_the_course_network_memory() -> None:
    found = cost(COURSE, (784,), batch_size=64, optimizer=Adam(), loss=CrossEntropy())
    memory = found.totals["memory"]
    assert memory["parameters"] == memory["gradients"] == 7_732_040
    assert memory["optimizer"] == 15_464_080
    assert memory["saved"] == 64 * 4 * 4794
    assert [row.saved_bytes for row in found.rows] == [
        256 * n for n in (784, 1500, 1500, 500, 500, 10)
    ]
    assert found.totals["moved"]["optimizer"] == 28 * 1_933_010
    assert 13 / 28 == pytest.approx(0.46, abs=0.005)


class FromOutput(LeakyReLU):
    """A rectifier that keeps its output: the sign of y is that of x for a positive slope."""

    def backward(self, dy, *, y):
        return np.where(y > 0, dy, self.negative_slope * dy)


def test_residual_names_decide_what_is_kept() -> None:
    net = Sequential(
        Linear(784, 1500), FromOutput(), Linear(1500, 500), FromOutput(), Linear(500, 10)
    )
    found = cost(net, (784,), loss="cross_entropy")
    assert found.totals["memory"]["saved"] == 4 * 2794


@pytest.mark.parametrize(
    ("row", "batch", "expected"),
    [(0, 1, "0.50"), (0, 64, "28.4"), (0, 256, "85"), (4, 1, "0.45"), (4, 64, "4.25")],
)
def test_arithmetic_intensity(row, batch, expected) -> None:
    found = cost(COURSE, (784,), batch_size=batch).rows[row].intensity
    digits = len(expected.partition(".")[2])
    assert f"{found:.{digits}f}" == expected


SHARED = Linear(100, 100)


class MyLinear(Linear):
    """A subclass that adds nothing."""


VECTORS = {
    "mlp-leaky-b1": (COURSE, (784,), 1, 1_933_010, 1_931_000),
    "mlp-leaky-b64": (COURSE, (784,), 64, 1_933_010, 123_584_000),
    "shared-called-3": (Sequential(SHARED, SHARED, SHARED), (100,), 1, 10_100, 30_000),
    "shared-two-parents": (
        Sequential(Sequential(SHARED), Sequential(SHARED)), (100,), 1, 10_100, 20_000
    ),
    "linear-subclass": (Sequential(MyLinear(100, 100)), (100,), 1, 10_100, 10_000),
    "linear-3d": (Sequential(Linear(64, 64)), (50, 64), 2, 4_160, 409_600),
    "mlp-784-256-10": (
        Sequential(Linear(784, 256), ReLU(), Linear(256, 10)), (784,), 1, 203_530, 203_264
    ),
    "residual-block": (
        Residual(Sequential(Linear(64, 64), ReLU(), Linear(64, 64))), (64,), 8, 8_320, 65_536
    ),
    "layernorm-train-b64": (ops.operator("LayerNorm", normalized_shape=500), (500,), 64, 1000, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
@pytest.mark.parametrize("convention", ["headline", "strict"])
def test_truth_of_our_own_networks(name, convention) -> None:
    net, shape, batch, params, macs = VECTORS[name]
    found = cost(net, shape, batch_size=batch, convention=convention)
    assert (parameters(found), found.operations("forward", "mac")) == (params, macs)
    assert found.complete


def test_details_of_the_truth() -> None:
    def of(name, convention="headline"):
        net, shape, batch, _, _ = VECTORS[name]
        return cost(net, shape, batch_size=batch, convention=convention)

    assert of("mlp-784-256-10").operations("forward") == 407_050
    assert of("linear-3d").operations("forward") == 2 * 409_600 + 6_400
    assert of("residual-block").operations("forward") == 2 * 65_536 + 1_024 + 512 + 512
    norm = of("layernorm-train-b64", "strict")
    assert norm.operations("forward") == 224_064
    assert norm.operations("forward", "trans") == 64
    shared = of("shared-called-3")
    assert [row.tied_to for row in shared.rows] == [None, "0", "0"]
    assert shared.totals["parameters"]["tied"] == 2 * 10_100
    assert shared.operations("dbias") == 2 * 100
    assert shared.operations("dweight") == 2 * 30_000 + 2 * 10_000


def test_layer_norm_backward_with_the_gradient_of_its_input() -> None:
    net = Sequential(Linear(500, 500), ops.operator("LayerNorm", normalized_shape=500))
    row = cost(net, (500,), batch_size=64, convention="strict").rows[1]
    assert row.backward["flop"] == 382_936


NETWORKS = {
    "course": (
        Sequential(Linear(7, 15), LeakyReLU(), Linear(15, 5), LeakyReLU(), Linear(5, 3)), (7,)
    ),
    "residual": (
        Sequential(Linear(6, 4), ReLU(), Residual(Sequential(Linear(4, 4), LeakyReLU(0.1)))), (6,)
    ),
    "parallel": (
        Sequential(
            Linear(5, 4),
            ops.operator("Tanh"),
            Parallel(Linear(4, 2), Linear(4, 2)),
            Parallel(Linear(2, 2), Linear(2, 3), join="concat"),
        ),
        (5,),
    ),
    "shared": (Sequential(SHARED, ReLU(), SHARED, LeakyReLU(), SHARED), (100,)),
    "shortcut": (Sequential(Linear(3, 4), Residual(Linear(4, 2), Linear(4, 2))), (3,)),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("batch", [1, 8])
def test_formulas_against_a_real_execution(name, batch) -> None:
    net, shape = NETWORKS[name]
    x = np.random.default_rng(0).standard_normal((batch, *shape)).astype(np.float32)
    run = executed(net, [x], net.init(), input_grad=False)
    found = cost(net, shape, batch_size=batch, convention="strict")
    for name_, count in (("forward", run.forward), ("backward", run.backward)):
        for kind in ("mac", "flop", "cheap", "trans"):
            assert found.operations(name_, kind) == getattr(count, kind), (name_, kind)


class RawMLP:
    """The course's network by hand, its parameters on the root."""

    def __init__(self, *sizes: int) -> None:
        rng = np.random.default_rng(0)
        pairs = list(pairwise(sizes))
        self.params = {
            name: value.astype(np.float32)
            for i, (n, m) in enumerate(pairs)
            for name, value in ((f"W{i}", rng.standard_normal((n, m))), (f"b{i}", np.zeros(m)))
        }
        self.grads = {}
        self.depth = len(pairs)

    def forward(self, x):
        self.x, self.z = [x], []
        for i in range(self.depth):
            self.z.append(self.x[-1] @ self.params[f"W{i}"] + self.params[f"b{i}"])
            z = self.z[-1]
            self.x.append(np.where(z > 0, z, 0.01 * z) if i < self.depth - 1 else z)
        return self.x[-1]

    def backward(self, dy):
        for i in reversed(range(self.depth)):
            if i < self.depth - 1:
                dy = np.where(self.z[i] > 0, dy, 0.01 * dy)
            self.grads |= {f"W{i}": self.x[i].T @ dy, f"b{i}": dy.sum(0)}
            if i:
                dy = dy @ self.params[f"W{i}"].T


@pytest.mark.parametrize("batch", [1, 64])
def test_a_network_written_by_hand_is_counted_by_running_it(batch) -> None:
    by_hand = cost(RawMLP(784, 1500, 500, 10), (784,), batch_size=batch, convention="strict")
    ours = cost(COURSE, (784,), batch_size=batch, convention="strict")
    assert parameters(by_hand) == 1_933_010
    assert by_hand.complete and by_hand.rows[0].measured
    for pass_ in ("forward", "backward"):
        for kind in ("mac", "flop", "cheap"):
            assert by_hand.operations(pass_, kind) == ours.operations(pass_, kind), (pass_, kind)


class Scan:
    """Ten products with one matrix, in a loop."""

    def __init__(self) -> None:
        self.params = {"M": np.ones((100, 100), dtype=np.float32)}

    def forward(self, x):
        for _ in range(10):
            x = x @ self.params["M"]
        return x

    def backward(self, dy):
        return dy


class RootAndSublayer(Scan):
    """A matrix on the root, and a linear layer behind it."""

    def __init__(self) -> None:
        super().__init__()
        weight, bias = np.ones((100, 10), np.float32), np.zeros(10, np.float32)
        self.params |= {"weight": weight, "bias": bias}

    def forward(self, x):
        return x @ self.params["M"] @ self.params["weight"] + self.params["bias"]


class Contracted:
    """Two products with a three-dimensional weight, the 20-wide input first: Bilinear."""

    def __init__(self) -> None:
        weight, bias = np.ones((40, 20, 30), np.float32), np.zeros(40, np.float32)
        self.params = {"weight": weight, "bias": bias}

    def forward(self, a, b):
        first = a[None, :, :] @ self.params["weight"]
        return (first[:, :, None, :] @ b[None, :, :, None])[:, :, 0, 0].T + self.params["bias"]

    def backward(self, dy):
        return dy, dy


class Attention:
    """Scaled dot-product attention of an array with itself."""

    def forward(self, x):
        scores = x @ np.swapaxes(x, -1, -2)
        e = np.exp(scores / 8.0 - np.max(scores / 8.0, axis=-1, keepdims=True))
        return (e / np.sum(e, axis=-1, keepdims=True)) @ x

    def backward(self, dy):
        return dy


class Broadcast:
    """A matrix product written with broadcasting."""

    def forward(self, a, b):
        return (a[:, :, None] * b[None, :, :]).sum(1)

    def backward(self, dy):
        return dy, dy


@pytest.mark.parametrize(
    ("net", "shape", "batch", "params", "macs"),
    [
        (Scan(), (100,), 1, 10_000, 100_000),
        (RootAndSublayer(), (100,), 1, 11_010, 11_000),
        (Contracted(), [(20,), (30,)], 4, 24_040, 100_800),
        (Attention(), (12, 64, 64), 1, 0, 6_291_456),
    ],
)
def test_truth_of_networks_written_by_hand(net, shape, batch, params, macs) -> None:
    found = cost(net, shape, batch_size=batch)
    assert (parameters(found), found.operations("forward", "mac")) == (params, macs)
    assert found.complete


def test_a_product_written_with_broadcasting_is_not_lost() -> None:
    from backprove.lifted import as_op

    a, b = np.ones((4, 8), np.float32), np.ones((8, 5), np.float32)
    found = executed(as_op(Broadcast()), [a, b], {}).forward
    assert (found.mac, found.flop) == (0, 300)


class Opaque(Op):
    """An operator without a formula, whose function cannot be counted."""

    def forward(self, x):
        return np.einsum("ij,ij->ij", x, x)

    def backward(self, dy, *, x):
        return 2 * x * dy


class Named(Op):
    """An operator without a formula that a run can count."""

    def forward(self, x):
        return x * x

    def backward(self, dy, *, x):
        return 2 * x * dy


def test_an_operator_without_a_formula_is_listed_and_the_total_reads_at_least() -> None:
    found = cost(Sequential(Linear(3, 4), Opaque(), Linear(4, 2)), (3,))
    assert [row.known for row in found.rows] == [True, False, True]
    assert not found.complete
    assert "at least" in str(found) and "≥" in str(found) and "1 (Opaque)" in str(found)
    assert exceeded(found, max_macs="1M") and not exceeded(found, max_params="1M")
    counted = cost(Sequential(Linear(3, 4), Named()), (3,), batch_size=5)
    assert counted.complete and counted.rows[1].amount("forward") == 20
    assert counted.rows[1].backward["flop"] == 40


def test_a_huge_network_is_counted_without_allocating() -> None:
    net = Sequential(Linear(10**6, 10**6), ReLU(), Linear(10**6, 10**6))
    found = cost(net, batch_size=10**6, optimizer="adam")
    assert parameters(found) == 2 * 10**12 + 2 * 10**6
    assert found.operations("forward", "mac") == 2 * 10**18
    assert found.operations("step", "flop") > 2**63
    assert json.loads(found.json())["totals"]["parameters"]["total"] == parameters(found)


def test_leading_activation_needs_no_gradient() -> None:
    found = cost(Sequential(ReLU(), Linear(3, 2, bias=False)), (3,), batch_size=5, optimizer=SGD())
    assert found.operations("forward") == 2 * 30 + 15
    assert found.operations("backward") == 2 * 30
    assert found.operations("optimizer") == 12


def test_residual_counts_its_additions() -> None:
    net = Sequential(Linear(3, 4, bias=False), Residual(Linear(4, 4, bias=False)))
    found = cost(net, (3,), batch_size=5)
    assert found.operations("forward", "mac") == 60 + 80
    assert found.operations("backward", "mac") == 60 + 160
    assert found.operations("forward") == 2 * 140 + 20
    assert found.operations("backward") == 2 * 220 + 20


def test_every_number_is_worked_out() -> None:
    row = cost(COURSE, (784,), batch_size=64).rows[0]
    assert row.worked["parameters"] == "784 * 1,500 + 1,500"
    assert row.worked["forward.mac"] == "64 * 784 * 1,500"
    for key, text in row.worked.items():
        pass_, _, kind = key.rpartition(".")
        expected = row.parameters if key == "parameters" else row.amount(pass_, kind)
        assert eval(text.replace(",", "").replace("/", "//")) == expected, key


@pytest.mark.parametrize("name", sorted(ops.operators()))
def test_the_worked_text_of_every_operator_gives_its_number(name) -> None:
    cls = ops.operators()[name]
    for case in cls.CASES:
        op = cls(**case.arguments)
        if len(case.inputs) > 1:
            continue
        shapes = [draw.shape for draw in case.inputs]
        found = cost(op, [s[1:] for s in shapes], batch_size=shapes[0][0], convention="strict")
        for key, text in found.rows[0].worked.items():
            pass_, _, kind = key.rpartition(".")
            row = found.rows[0]
            expected = row.parameters if key == "parameters" else row.amount(pass_, kind)
            assert eval(text.replace(",", "").replace("/", "//")) == expected, (name, key, text)


class Broken(Op):
    """An operator whose shape raises."""

    def forward(self, x):
        return x

    def backward(self, dy, *, x):
        return dy

    def shape(self, *shapes):
        raise IndexError("tuple index out of range")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: cost(ReLU()), UsageError, "input_shape"),
        (lambda: cost(COURSE, (783,)), ShapeError, "784"),
        (lambda: cost(COURSE, (784,), batch_size=0), UsageError, "batch size"),
        (lambda: cost(COURSE, (784.0,)), UsageError, "whole numbers"),
        (lambda: cost(COURSE, (0,)), UsageError, "whole numbers"),
        (lambda: cost(COURSE, [(784,), (784,)]), UsageError, "takes 1 inputs"),
        (lambda: cost(COURSE, (784,), convention="flops"), UsageError, "did you mean"),
        (lambda: cost(COURSE, (784,), loss="mean"), UsageError, "unknown loss"),
        (lambda: cost(Broken(), (4,)), ContractError, "IndexError"),
        (lambda: cost(lambda x: x, (4,)), ContractError, "backward"),
    ],
)
def test_bad_input_gets_clear_words(call, error, words) -> None:
    with pytest.raises(error, match=words) as caught:
        call()
    assert isinstance(caught.value, BackproveError)


def test_nothing_is_left_behind() -> None:
    net = RawMLP(4, 3, 2)
    before = {k: v.copy() for k, v in net.params.items()}
    first = cost(net, (4,)).json()
    assert cost(net, (4,)).json() == first
    assert set(vars(net)) == {"params", "grads", "depth"} and not net.grads
    assert all(np.array_equal(before[k], net.params[k]) for k in before)


@pytest.mark.parametrize(
    ("convention", "one", "many"),
    [
        ("paddle", 1_933_000, 123_712_000),
        ("torch", 3_862_000, 247_168_000),
        ("fvcore", 1_931_000, 123_584_000),
        ("thop", 1_931_000, 123_584_000),
        ("ptflops", 1_935_010, 1_935_010),
        ("calflops", 3_864_000, 247_296_000),
    ],
)
def test_what_tools_print_for_the_course_network(convention, one, many) -> None:
    found = [cost(COURSE, (784,), batch_size=n, convention=convention) for n in (1, 64)]
    assert [r.operations("forward") for r in found] == [one, many]
    if convention == "torch":
        assert found[1].operations("step") == 590_976_000


def test_what_tools_print_for_other_networks() -> None:
    def printed(net, shape, batch, convention) -> int:
        return cost(net, shape, batch_size=batch, convention=convention).operations("forward")

    relu = Sequential(Linear(784, 1500), ReLU(), Linear(1500, 500), ReLU(), Linear(500, 10))
    assert printed(relu, (784,), 1, "paddle") == 1_931_000
    assert printed(VECTORS["linear-3d"][0], (50, 64), 2, "ptflops") == 208_000
    assert printed(VECTORS["linear-subclass"][0], (100,), 1, "thop") == 0
    assert printed(VECTORS["linear-subclass"][0], (100,), 1, "paddle") == 0
    assert printed(VECTORS["linear-subclass"][0], (100,), 1, "fvcore") == 10_000
    assert not cost(VECTORS["shared-two-parents"][0], (100,), convention="thop").complete


class Pairs(Op):
    """Joins two neighbours to one number, and does not say that the shape changes."""

    def forward(self, x):
        return x[:, ::2] + x[:, 1::2]

    def backward(self, dy, *, x):
        return np.repeat(dy, 2, axis=1)


class Unrunnable(Pairs):
    """Fails on every input."""

    def forward(self, x):
        raise ValueError("no such device")


@pytest.mark.parametrize("batch", [1, 4, 200_000])
@pytest.mark.parametrize("nested", [False, True])
def test_a_class_without_shape_that_changes_it_is_counted_right(batch, nested) -> None:
    inner = Sequential(Pairs()) if nested else Pairs()
    found = cost(Sequential(Linear(6, 8), inner, ReLU()), (6,), batch_size=batch)
    assert [tuple(row.output_shape) for row in found.rows] == [(batch, 8), (batch, 4), (batch, 4)]
    relu = cost(Sequential(ReLU()), (4,), batch_size=batch)
    assert found.rows[2].counts["forward"] == relu.rows[0].counts["forward"]


def test_a_class_without_shape_that_does_not_run_is_told_to_write_it() -> None:
    with pytest.raises(ContractError, match=r"write shape\(self, \*shapes\)"):
        cost(Sequential(Linear(6, 8), Unrunnable()), (6,))


class Every(Op):
    """Every second feature, without a shape of its own."""

    def forward(self, x):
        return x[:, ::2]

    def backward(self, dy, *, x):
        dx = np.zeros_like(x)
        dx[:, ::2] = dy
        return dx


@pytest.mark.parametrize(
    ("part", "width", "rows"),
    [
        (Residual(Every(), Every()), 4, [(3, 4), (3, 4), (3, 4)]),
        (Parallel(Every(), Linear(8, 3), join="concat"), 7, [(3, 4), (3, 3), (3, 7)]),
        (Parallel(Sequential(Every(), ReLU()), Every()), 4, [(3, 4), (3, 4), (3, 4), (3, 4)]),
    ],
)
def test_branches_of_operators_without_a_shape(part, width, rows) -> None:
    net = Sequential(Linear(8, 8), part, Linear(width, 2))
    found = cost(net, 8, batch_size=3)
    assert [row.output_shape for row in found.rows[1:-1]] == rows
    assert net(np.ones((3, 8), np.float32)).shape == found.rows[-1].output_shape


def test_branches_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ShapeError, match="add a shortcut"):
        cost(Sequential(Linear(8, 8), Residual(Every())), 8)
    with pytest.raises(ShapeError, match="join='concat'"):
        cost(Parallel(Every(), Linear(8, 3)), 8)
