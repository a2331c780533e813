"""What losses refuse, what they agree on with the frameworks, and what they declare to compute."""

from __future__ import annotations

import numpy as np
import pytest

import counting
import support
from backprove import messages
from backprove.counts import Count
from backprove.errors import DTypeError, ShapeError, UsageError
from backprove.ops.loss._reduction import reduction_cost
from backprove.ops.loss.bce import BCE
from backprove.ops.loss.bce_with_logits import BCEWithLogits
from backprove.ops.loss.cross_entropy import CrossEntropy
from backprove.ops.loss.hinge import Hinge
from backprove.ops.loss.huber import Huber
from backprove.ops.loss.kl_div import KLDiv
from backprove.ops.loss.l1 import L1
from backprove.ops.loss.mse import MSE
from backprove.ops.loss.nll import NLL
from backprove.ops.loss.smooth_l1 import SmoothL1

ELEMENTS = (BCE, BCEWithLogits, Hinge, Huber, KLDiv, L1, MSE, SmoothL1)
NAN, INF = float("nan"), float("inf")
X = np.array([[1.0, 2.0, 0.5], [3.0, 0.4, -1.0]])


def both(op, x, target, dy=None):
    """Value and gradients."""
    y, saved = op.fwd(x, target)
    return y, op.bwd(saved, np.ones_like(y) if dy is None else dy)[0]


def refused(error, call, *words):
    """Assert that `call` raises one sentence with these words, which exists in Chinese too."""
    with pytest.raises(error) as caught:
        call()
    for word in words:
        assert word in str(caught.value)
    assert caught.value.template in messages.chinese()


@pytest.mark.parametrize("cls", ELEMENTS)
@pytest.mark.parametrize(
    ("x", "target"), [((4,), (4, 1)), ((4, 1), (4,)), ((4, 3), (3,)), ((4, 3), ()), ((2,), (1,))]
)
def test_shapes_that_differ_are_never_broadcast(cls, x, target) -> None:
    x, target = np.full(x, 0.5), np.full(target, 0.5)
    refused(ShapeError, lambda: cls().fwd(x, target), cls.__name__, str(x.shape), "the same shape")


@pytest.mark.parametrize("cls", [CrossEntropy, NLL])
@pytest.mark.parametrize("target", [(3,), (2, 3), (1, 2), (2, 1, 1), ()])
def test_labels_of_another_shape_are_refused(cls, target) -> None:
    labels = np.zeros(target, int)
    refused(ShapeError, lambda: cls().fwd(X, labels), cls.__name__, str(target), "(2,) or (2, 1)")


@pytest.mark.parametrize("cls", [CrossEntropy, NLL])
@pytest.mark.parametrize("kind", ["float32", "float64", "bool"])
def test_labels_that_are_not_whole_numbers_are_refused(cls, kind) -> None:
    labels = np.array([0, 1]).astype(kind)
    refused(DTypeError, lambda: cls().fwd(X, labels), cls.__name__, "whole-number", kind)


def test_classes_are_needed() -> None:
    for x, labels in ((np.zeros((2, 0)), np.zeros(2, int)), (np.zeros(()), np.zeros((), int))):
        refused(ShapeError, lambda x=x, t=labels: CrossEntropy().fwd(x, t), "(..., K)")


WRONG_WEIGHTS = [NAN, INF, -1.0, (1.0, NAN, 1.0), (1.0, -0.5, 1.0), (INF, 1.0, 1.0)]
WRONG = [
    *((cls, {"reduction": "average"}) for cls in (CrossEntropy, NLL, *ELEMENTS)),
    *((cls, {"reduction": "batchmean"}) for cls in (CrossEntropy, NLL, MSE)),
    *((cls, {"weight": w}) for cls in (CrossEntropy, NLL) for w in (1.0, *WRONG_WEIGHTS)),
    *((cls, {"weight": w}) for cls in (BCE, BCEWithLogits) for w in WRONG_WEIGHTS),
    *((BCEWithLogits, {"pos_weight": w}) for w in WRONG_WEIGHTS),
    *((cls, {"ignore_index": i}) for cls in (CrossEntropy, NLL) for i in (1.5, 2**31, None, NAN)),
    *((CrossEntropy, {"label_smoothing": s}) for s in (-0.1, 1.1, NAN, INF)),
    *((SmoothL1, {"beta": b}) for b in (-1.0, NAN, INF)),
    *((Huber, {"delta": d}) for d in (0.0, -1.0, NAN, INF)),
]


@pytest.mark.parametrize(("cls", "arguments"), WRONG)
def test_wrong_hyper_parameters_are_refused(cls, arguments) -> None:
    (key,) = arguments
    refused(UsageError, lambda: cls(**arguments), key)


@pytest.mark.parametrize(
    ("cls", "key"),
    [
        (CrossEntropy, "weight"),
        (NLL, "weight"),
        (BCE, "weight"),
        (BCEWithLogits, "weight"),
        (BCEWithLogits, "pos_weight"),
    ],
)
@pytest.mark.parametrize("count", [1, 2, 4])
def test_as_many_weights_as_the_last_axis_is_long(cls, key, count) -> None:
    target = np.array([0, 1]) if cls in (CrossEntropy, NLL) else np.zeros((2, 3))
    op = cls(**{key: (1.0,) * count})
    x = np.full((2, 3), 0.5)
    refused(ShapeError, lambda: op.fwd(x, target), f"{count} numbers as {key}", "(2, 3)")


@pytest.mark.parametrize("cls", [BCE, BCEWithLogits, CrossEntropy, NLL])
def test_weights_may_be_an_array(cls) -> None:
    assert cls(np.array([1, 2, 3])).weight == (1.0, 2.0, 3.0)
    if cls in (BCE, BCEWithLogits):
        assert cls(np.float32(2)).weight == cls(np.array(2)).weight == cls(2).weight == 2.0


@pytest.mark.parametrize("cls", ELEMENTS)
@pytest.mark.parametrize("kind", ["int32", "int64", "uint8", "bool"])
def test_targets_of_whole_numbers_have_no_gradient(cls, kind) -> None:
    x = np.array([0.2, 0.7, 0.9], dtype="float32")
    target = np.array([1, 0, 1])
    y, (dx, dt) = both(cls(), x, target.astype(kind))
    expected, (expected_dx, expected_dt) = both(cls(), x, target.astype("float32"))
    assert dt is None and expected_dt.dtype == "float32"
    assert y.dtype == dx.dtype == "float32"
    np.testing.assert_array_equal(y, expected)
    np.testing.assert_array_equal(dx, expected_dx)


@pytest.mark.parametrize("cls", [*ELEMENTS, CrossEntropy])
def test_a_wider_target_keeps_the_dtype_of_x(cls) -> None:
    x, target = X.astype("float32") / 8 + 0.5, np.full((2, 3), 0.25)
    y, (dx, dt) = both(cls(), x, target)
    assert (y.dtype, dx.dtype, dt.dtype) == ("float32", "float32", "float64")


@pytest.mark.parametrize("cls", ELEMENTS)
@pytest.mark.parametrize("shape", [(), (0,), (2, 0), (1,), (3, 2, 2)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_any_shape_and_the_mean_of_nothing_is_nan(cls, shape, reduction) -> None:
    x, target = np.full(shape, 0.5), np.full(shape, 1.0)
    y, (dx, dt) = both(cls(reduction=reduction), x, target)
    assert y.shape == (shape if reduction == "none" else ())
    assert dx.shape == dt.shape == shape
    if 0 in shape and reduction != "none":
        np.testing.assert_array_equal(y, NAN if reduction == "mean" else 0.0)


def test_batchmean_divides_by_the_first_length() -> None:
    x, target = np.log([[0.5, 0.3, 0.2], [0.2, 0.2, 0.6]]), np.full((2, 3), 1 / 3)
    divergences, _ = both(KLDiv("none"), x, target)
    y, (dx, _) = both(KLDiv("batchmean"), x, target)
    np.testing.assert_allclose(y, divergences.sum(-1).mean(), rtol=1e-15)
    np.testing.assert_allclose(dx, -target / 2, rtol=1e-15)


WEIGHTED = {"weight": (0.2, 0.3, 0.5)}
SOFT = np.array([[0.7, 0.2, 0.1], [0.0, 0.6, 0.4]])
DIFFERENCES = np.array([0.5, -0.5, 3.0])
CONVENTIONS = [
    (CrossEntropy(), X, [0, 1], 2.0764595460067636),
    (CrossEntropy(label_smoothing=0.1), X, [0, 1], 2.0481262126734303),
    (CrossEntropy(**WEIGHTED), X, [0, 1], 2.1988776983865277),
    (CrossEntropy(**WEIGHTED, label_smoothing=0.1), X, [0, 1], 2.264517868015443),
    (CrossEntropy(), X, SOFT, 2.2814595460067637),
    (
        CrossEntropy(**WEIGHTED, reduction="none"),
        X,
        SOFT,
        [0.33109219602698625, 1.3016491170041213],
    ),
    (CrossEntropy(**WEIGHTED), X, SOFT, 0.8163706565155538),
    (CrossEntropy(), X[:1], [[1.4, 0.4, 0.2]], 2.6287375682158896),
    (CrossEntropy(), np.array([[-100.0, 0.0]]), [0], 100.0),
    (CrossEntropy(), np.array([[1.0, -INF, 2.0]]), [0], 1.3132616875182228),
    (NLL(**WEIGHTED), X, [0, 1], -0.64),
    (SmoothL1(0.5, "none"), DIFFERENCES, [0.0, 0.0, 0.0], [0.25, 0.25, 2.75]),
    (Huber(0.5, "none"), DIFFERENCES, [0.0, 0.0, 0.0], [0.125, 0.125, 1.375]),
    (KLDiv(), np.log([0.5, 0.3]), [0.6, 0.4], 0.1122328815285426),
    (BCE(reduction="none"), np.array([0.0, 1.0]), [1.0, 0.0], [100.0, 100.0]),
    (BCEWithLogits(reduction="none"), np.array([1e3, -1e3]), [0.0, 1.0], [1e3, 1e3]),
    (MSE(), np.zeros(0), np.zeros(0), NAN),
]


@pytest.mark.parametrize(("op", "x", "target", "value"), CONVENTIONS)
def test_agrees_with_what_was_measured_of_frameworks(op, x, target, value) -> None:
    """PyTorch's results where Paddle defines something else, and where Paddle 3.3.1 is wrong."""
    np.testing.assert_allclose(both(op, x, np.array(target))[0], value, rtol=1e-15)


def test_gradients_of_probabilities_that_do_not_sum_to_1() -> None:
    """Paddle 3.3.1 gives p - q there, which holds for a sum of 1 only."""
    _, (dx, _) = both(CrossEntropy(), X[:1], np.array([[1.4, 0.4, 0.2]]))
    expected = [[-0.9375522047557019, 0.8570634384235247, 0.08048876633217691]]
    np.testing.assert_allclose(dx, expected, rtol=1e-14)


@pytest.mark.parametrize("zero", [0.0, -0.0, 5e-324, -5e-324])
@pytest.mark.parametrize("weight", [None, 1.0, 3.0])
def test_bce_of_a_logit_of_zero_has_its_true_gradient(zero, weight) -> None:
    """Paddle 3.3.1 is off by the weight there."""
    op = BCEWithLogits(weight, reduction="none")
    _, (dx, _) = both(op, np.full(3, zero), np.array([0.0, 1.0, 0.25]))
    np.testing.assert_array_equal(dx, np.array([0.5, -0.5, 0.25]) * (weight or 1.0))


def test_kinks_have_the_declared_gradient() -> None:
    zeros = np.array([0.0, -0.0])
    for op in (L1("none"), SmoothL1(0.0, "none")):
        np.testing.assert_array_equal(both(op, zeros, np.zeros(2))[1][0], 0.0)
    signs = np.array([1.0, -1.0])
    np.testing.assert_array_equal(both(Hinge("none"), signs, signs)[1][0], 0.0)
    near = np.nextafter(signs, 0)
    np.testing.assert_array_equal(both(Hinge("none"), near, signs)[1][0], -signs)


def test_the_gradient_of_bce_is_that_of_its_value() -> None:
    """Down to the logarithm that is cut off, and not only down to 1e-12 as in PyTorch."""
    x = np.array([1e-6, 1e-12, 1e-20, 1e-40])
    _, (dx, _) = both(BCE(reduction="none"), x, np.ones(4))
    np.testing.assert_allclose(dx, -1 / x, rtol=1e-15)
    found = support.ask("torch").evaluate(
        "F.binary_cross_entropy(x, t, reduction='none')", {"x": x, "t": np.ones(4)}, {}, np.ones(4)
    )
    np.testing.assert_allclose(found["gradients"]["x"][2:], -1e12)


IGNORING = [
    ([-100, 1, 2, -100], {}),
    ([1, 1, 0, 2], {"ignore_index": 1}),
    ([255, 0, 255, 2], {"ignore_index": 255, "weight": (0.2, 0.3, 0.5)}),
    ([0, -1, 2, 1], {"ignore_index": -1, "label_smoothing": 0.1}),
    ([0, 1, 2, 1], {"ignore_index": 0, "label_smoothing": 0.1, "weight": (0.2, 0.0, 0.5)}),
    ([-100] * 4, {}),
    ([-100] * 4, {"label_smoothing": 0.1, "weight": (0.2, 0.3, 0.5)}),
]


PADDLE_IGNORES = [IGNORING[1], IGNORING[4], ([255, 0, 255, 2], {"ignore_index": 255})]


@pytest.mark.parametrize("library", ["torch", "jax"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("labels", "settings"), IGNORING)
def test_ignored_rows_agree_with_frameworks(labels, settings, reduction, library) -> None:
    _compare(CrossEntropy(**settings, reduction=reduction), labels, library)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize(("labels", "settings"), PADDLE_IGNORES)
def test_ignored_rows_agree_with_paddle(labels, settings, reduction) -> None:
    """Its one-hot rows refuse labels that are no class, its mean counts rows of negative ones."""
    _compare(CrossEntropy(**settings, reduction=reduction), labels, "paddle")


def _compare(op, labels, library):
    x = np.random.default_rng(3).normal(size=(4, 3))
    y, (dx, _) = both(op, x, np.array(labels))
    expression = type(op).references[library]
    given = {"x": x, "target": np.array(labels)}
    found = support.ask(library).evaluate(expression, given, vars(op), np.ones_like(y))
    support.close(y, found["y"].reshape(np.shape(y)), "float64")
    if library != "jax" or set(labels) != {-100}:
        support.close(dx, found["gradients"]["x"], "float64")


def test_the_listed_compute_of_cross_entropy() -> None:
    cost = CrossEntropy().cost((64, 10), (64,))
    assert cost.forward == Count(flop=1408, cheap=576, trans=704)
    assert cost.backward == {"dx": Count(flop=1344)}


def test_the_listed_compute_of_bce_mse_and_l1() -> None:
    shapes = (8, 5), (8, 5)
    assert BCEWithLogits().cost(*shapes).forward == Count(flop=160, cheap=120, trans=80)
    assert BCEWithLogits().cost(*shapes).backward == {"dx": Count(flop=160, cheap=40, trans=40)}
    assert MSE().cost(*shapes).forward == Count(flop=120)
    assert MSE().cost(*shapes).backward == {"dx": Count(flop=40)}
    assert L1().cost(*shapes).forward == Count(flop=80, cheap=40)
    assert L1().cost(*shapes).backward == {"dx": Count(flop=40, cheap=40)}


EXECUTED = [
    (MSE, {}, 2),
    (L1, {}, 1),
    (SmoothL1, {"beta": 0.5}, 1),
    (SmoothL1, {"beta": 0.0}, 1),
    (Huber, {"delta": 0.5}, 1),
    (Hinge, {}, 0),
    (BCE, {}, 0),
    (BCE, {"weight": 2.0}, 0),
    (KLDiv, {}, 0),
    (KLDiv, {"log_target": True}, 0),
]


@pytest.mark.parametrize(("cls", "arguments", "again"), EXECUTED)
def test_declared_compute_is_executed(cls, arguments, again) -> None:
    """Backward takes the difference x - target again, which is kept in the declared formula.

    MSE doubles the upstream gradient, an element each here. The gradient of the target is not
    asked for.
    """
    x, target = np.linspace(0.05, 0.95, 12).reshape(3, 4), np.ones((3, 4), int)
    dy = np.ones_like(x)
    op = cls(**arguments, reduction="none")
    forward, backward = counting.counts(op, [x, target], {}, dy)
    declared = op.cost(x.shape, x.shape)
    assert forward == declared.forward
    assert backward == declared.backward["dx"] + Count(flop=again * x.size)
    for reduction in ("mean", "sum"):
        op = cls(**arguments, reduction=reduction)
        forward, _ = counting.counts(op, [x, target], {}, np.ones(()))
        assert forward == op.cost(x.shape, x.shape).forward
        assert forward == declared.forward + reduction_cost(reduction, x.size)
