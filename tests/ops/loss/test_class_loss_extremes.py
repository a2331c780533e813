"""CrossEntropy and NLL over the whole range of a dtype, and with labels that are no classes.

Value and gradient of every row of logits with every label are held against the definition at so
many digits that exp(-700) is seen beside exp of the largest number. The tolerance is
k u (|exact| + S), with u the unit roundoff and S the size of the terms: |d| exp(d) for every
exponential of a difference of logits, and the products that smoothing subtracts.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import support
from backprove.arrays import namespace
from backprove.ops.loss.cross_entropy import CrossEntropy
from backprove.ops.loss.nll import NLL
from backprove.oracle import exact
from backprove.oracle.wire import numpy_dtype

INF, NAN = float("inf"), float("nan")
DIGITS = {"float64": (750, -340)}
WEIGHTS = (None, (0.2, 0.3, 0.5), (1.0, 0.0, 2.0))


def logits(dtype):
    """Rows of three logits: ordinary ones, ties, tails, the ends of the dtype."""
    info = np.finfo(dtype)
    least, top = float(info.smallest_subnormal), float(info.max)
    rows = [[0, 0, 0], [0, -0.0, 0], [0.3, -1.2, 2.5], [1, 2, 3], [-5, -5, 4]]
    rows += [[1e4, -1e4, 0], [1e4, 1e4, 1e4], [-1e4, -1e4, -1e4 + 1], [1e20, 1, -1e20]]
    rows += [[s, 0, -s] for s in (20, 20.5, 50, 88, 100, 700)]
    rows += [[40, 40, 0], [1e-6, 0, -1e-6], [least, 0, -least], [float(info.tiny), 0, 1]]
    rows += [[top, 0, -top], [top, top, 0], [-top, -top, -top], [top / 2, -top / 2, top]]
    return np.array(rows, dtype)


def spans(x):
    """Rows whose logits can be subtracted from each other without overflow."""
    return x.max(-1) / 2 - x.min(-1) / 2 <= np.finfo(x.dtype).max / 2


def grid(dtype, plain):
    """Every row of logits with every label; without overflowing differences unless `plain`.

    Where weights and smoothing are involved the product of a small weight and such a difference
    may be finite, and is not found.
    """
    x = logits(dtype)
    x = x if plain else x[spans(x)]
    return np.repeat(x, 3, axis=0), np.tile(np.arange(3), len(x))


def truth(op, dtype, x, target):
    """Values of all rows and their gradients by the logits, as float64."""
    m, (digits, power) = support.Remembering(), DIGITS.get(dtype, (160, -60))
    with mpmath.workdps(digits), np.errstate(over="ignore"):
        x, h = m.array(x), mpmath.mpf(10) ** power
        target = m.array(target) if np.issubdtype(target.dtype, np.floating) else target
        slopes = []
        for step in np.eye(x.shape[-1], dtype=int) * h:
            ends = [op.definition(m, x + sign * step, target) for sign in (1, -1)]
            slopes.append(exact.to_float((ends[0] - ends[1]) / (2 * h)))
        return exact.to_float(op.definition(m, x, target)), np.stack(slopes, axis=-1)


def terms(x, q):
    """S of the value and of the gradient, for weights q of the classes in each row."""
    with np.errstate(over="ignore", invalid="ignore"):
        d = x.astype(np.float64) - x.max(-1, keepdims=True)
        e = np.exp(d)
        of_exponentials = np.where(e == 0, 0.0, np.abs(d) * e)
    p = e / e.sum(-1, keepdims=True)
    total, size = q.sum(-1, keepdims=True), of_exponentials.sum(-1, keepdims=True)
    mixed = ((q > 0).sum(-1, keepdims=True) > 1) * (q + total * p)
    return (total * size)[:, 0], total * (of_exponentials + p * size) + q * size + mixed


def check(found, expected, terms, dtype, k, least):
    found = np.asarray(found).astype(np.float64)
    with np.errstate(over="ignore"):
        rounded = expected.astype(numpy_dtype(dtype)).astype(np.float64)
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
    tolerance = k * support.UNIT[dtype] * (np.abs(expected) + terms) + least
    with np.errstate(invalid="ignore"):
        excess = np.where(finite, np.abs(found - expected) - tolerance, -INF)
    worst = np.unravel_index(np.argmax(excess), excess.shape)
    assert excess[worst] <= 0, f"{worst}: {found[worst]!r} against {expected[worst]!r}"


def run(op, x, target):
    """Value and dx that the operator computes."""
    y, saved = op.fwd(x, target)
    (dx, _), _ = op.bwd(saved, namespace(x).ones_like(y))
    return y, dx


def spread(op, target):
    """The weights q of the classes in each row, from class indices or probabilities."""
    q = np.eye(3)[target] if target.ndim == 1 else target
    smooth = (1 - op.label_smoothing) * q + op.label_smoothing / 3
    return smooth * (1.0 if op.weight is None else np.array(op.weight))


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradient_are_exact_to_rounding(dtype, smoothing, weight) -> None:
    op = CrossEntropy(weight, label_smoothing=smoothing, reduction="none")
    x, target = grid(dtype, weight is None and not smoothing)
    value, slope = truth(op, dtype, x, target)
    fits = np.abs(value) <= float(np.finfo(dtype).max)
    assert 2 * fits.sum() > fits.size
    least = 4 * float(np.finfo(dtype).smallest_subnormal)
    y, dx = run(op, x[fits], target[fits])
    sizes = terms(x[fits], spread(op, target[fits]))
    check(y, value[fits], sizes[0], dtype, 8.0, least)
    check(dx, slope[fits], sizes[1], dtype, 8.0, least)
    with np.errstate(over="ignore"):
        y, dx = run(op, x, target)
    np.testing.assert_array_equal(y[~fits], INF)
    check(dx, slope, terms(x, spread(op, target))[1], dtype, 8.0, least)


@pytest.mark.parametrize("weight", WEIGHTS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_compiled_by_jax_is_exact_to_rounding(smoothing, weight) -> None:
    op = CrossEntropy(weight, label_smoothing=smoothing, reduction="none")
    x, target = grid("float32", weight is None and not smoothing)
    y, dx = jax.jit(lambda *inputs: run(op, *inputs))(jnp.asarray(x), jnp.asarray(target))
    value, slope = truth(op, "float32", x, target)
    sizes, least = terms(x, spread(op, target)), 4 * float(np.finfo("float32").tiny)
    check(y, value, sizes[0], "float32", 16.0, least)
    check(dx, slope, sizes[1], "float32", 16.0, least)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_half_precision_is_the_rounded_result(dtype, smoothing) -> None:
    op = CrossEntropy(label_smoothing=smoothing, reduction="none")
    x, target = grid("float32", True)
    small = np.abs(x).max(-1) < 6e4
    x, target = x[small].astype(numpy_dtype(dtype)), target[small]
    y, dx = run(op, x, target)
    value, slope = truth(op, dtype, x, target)
    sizes, least = terms(x, spread(op, target)), 2.0**-24 if dtype == "float16" else 2.0**-133
    check(y, value, sizes[0], dtype, 4.0, least)
    check(dx, slope, sizes[1], dtype, 4.0, least)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("target", [[0.7, 0.2, 0.1], [1.4, 0.4, 0.2], [0, 0.25, 0.75], [0, 0, 0]])
def test_probabilities_are_exact_to_rounding(target, smoothing) -> None:
    op = CrossEntropy((0.2, 0.3, 0.5), label_smoothing=smoothing, reduction="none")
    x = logits("float64")
    x = x[spans(x)]
    q = np.tile(np.array(target, float), (len(x), 1))
    value, slope = truth(op, "float64", x, q)
    y, dx = run(op, x, q)
    sizes = terms(x, spread(op, q))
    check(y, value, sizes[0], "float64", 8.0, 1e-322)
    check(dx, slope, sizes[1], "float64", 8.0, 1e-322)


def test_probabilities_have_the_gradient_of_the_definition() -> None:
    x = np.array([[0.3, -1.2, 2.5], [88.0, 0.0, -88.0], [1e4, 0.0, 1.0]])
    q = np.array([[0.7, 0.2, 0.1], [0.0, 0.6, 0.4], [1.0, 0.0, 0.0]])
    for reduction, dy in (("mean", np.array(1.7)), ("none", np.array([1.0, -2.0, 0.5]))):
        op = CrossEntropy((0.2, 0.3, 0.5), label_smoothing=0.1, reduction=reduction)
        (_, dq), _ = op.bwd(op.fwd(x, q)[1], dy)
        _, expected = exact.gradients(op, dy, x, q)[0]
        np.testing.assert_allclose(dq, exact.to_float(expected), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_hot_rows_are_as_exact_as_labels(dtype) -> None:
    x, target = grid(dtype, True)
    with np.errstate(over="ignore"):
        by_label = run(CrossEntropy(reduction="none"), x, target)
        by_row = run(CrossEntropy(reduction="none"), x, np.eye(3, dtype=dtype)[target])
    for a, b in zip(by_label, by_row, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_nearly_certain_class_keeps_its_digits() -> None:
    y, dx = run(CrossEntropy(), np.array([[50.0, 0.0]]), np.array([0]))
    np.testing.assert_allclose(y, 1.9287498479639178e-22, rtol=1e-15)
    np.testing.assert_allclose(dx, [[-1.9287498479639178e-22, 1.9287498479639178e-22]], rtol=1e-15)


LIMITS = [
    ([1.0, -INF, 2.0], 0, np.log1p(np.exp(1.0))),
    ([1.0, -INF, 2.0], 1, INF),
    ([INF, 1.0, 2.0], 0, 0.0),
    ([INF, 1.0, 2.0], 1, INF),
    ([INF, 3e38, -INF], 0, 0.0),
    ([INF, 3e38, -INF], 2, INF),
    ([-INF, -INF, 7.0], 2, 0.0),
    ([-INF, -INF, 7.0], 0, INF),
    ([INF, INF, 0.0], 0, NAN),
    ([INF, INF, 0.0], 2, NAN),
    ([-INF, -INF, -INF], 0, NAN),
    ([NAN, 0.0, 0.0], 0, NAN),
    ([NAN, 0.0, 0.0], 1, NAN),
    ([NAN, INF, -INF], 1, NAN),
]


@pytest.mark.parametrize(("row", "label", "value"), LIMITS)
@pytest.mark.parametrize("form", ["labels", "one_hot"])
@pytest.mark.parametrize("xp", [np, jnp])
def test_infinite_logits_are_limits(row, label, value, form, xp) -> None:
    x = xp.asarray([row, [0.0, 1.0, 2.0]], dtype="float32")
    target = xp.asarray([label, 2] if form == "labels" else np.eye(3, dtype="float32")[[label, 2]])
    y, dx = run(CrossEntropy(reduction="none"), x, target)
    np.testing.assert_allclose(y[0], value, rtol=1e-6)
    probability = np.array(row == np.max(row), float)
    if np.isfinite(row).sum() > 1 and np.max(row) < INF:
        probability = np.exp(np.array(row) - 2) / (1 + np.exp(-1))
    gradient = np.full(3, NAN) if np.isnan(value) else probability - np.eye(3)[label]
    np.testing.assert_allclose(dx[0], gradient, rtol=1e-6)
    assert np.all(np.isfinite(dx[1])) and np.isfinite(y[1])


def test_a_single_class_is_certain_whatever_its_logit() -> None:
    x = np.array([[3.0], [INF], [-INF], [1e300]])
    y, dx = run(CrossEntropy(reduction="none"), x, np.zeros(4, int))
    np.testing.assert_array_equal(y, 0.0)
    np.testing.assert_array_equal(dx, 0.0)
    y, _ = run(CrossEntropy(reduction="none"), np.array([[NAN]]), np.zeros(1, int))
    assert np.isnan(y[0])


IGNORED = (-100, -1, 255, 1, 2**31 - 1, -(2**31))
SETTINGS = [{}, {"weight": (0.2, 0.3, 0.5)}]
BOTH = [(NLL, s) for s in SETTINGS] + [
    (CrossEntropy, s | {"label_smoothing": smooth}) for s in SETTINGS for smooth in (0.0, 0.1)
]


@pytest.mark.parametrize(("cls", "settings"), BOTH)
@pytest.mark.parametrize(("xp", "index"), [*((np, i) for i in IGNORED), (jnp, -100), (jnp, 1)])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_ignored_rows_are_as_if_absent(cls, settings, index, reduction, xp) -> None:
    """Whatever logits they have."""
    kept = np.array([1, 0, 0, 1, 0, 0], dtype=bool)
    rows = [[1.0, 2.0, 0.5], [0.0] * 3, [NAN] * 3, [3.0, 0.4, -1.0], [INF] * 3, [-INF] * 3]
    x, labels = np.array(rows, "float32"), np.where(kept, [0, 0, 0, 2, 0, 0], index)
    op = cls(**settings, ignore_index=index, reduction=reduction)
    y, dx = run(op, xp.asarray(x), xp.asarray(labels))
    other = cls(**settings, reduction=reduction)
    expected_y, expected_dx = run(other, xp.asarray(x[kept]), xp.asarray(labels[kept]))
    np.testing.assert_allclose(y[kept] if reduction == "none" else y, expected_y, rtol=1e-6)
    np.testing.assert_allclose(dx[kept], expected_dx, rtol=1e-6)
    np.testing.assert_array_equal(dx[~kept], 0.0)
    if reduction == "none":
        np.testing.assert_array_equal(y[~kept], 0.0)


@pytest.mark.parametrize(("cls", "settings"), BOTH)
@pytest.mark.parametrize("xp", [np, jnp])
def test_a_batch_of_ignored_rows(cls, settings, xp) -> None:
    x, labels = xp.asarray([[1.0, 2.0, 0.5], [3.0, 0.4, -1.0]]), xp.asarray([7, 7])
    for reduction, value in (("mean", NAN), ("sum", 0.0), ("none", [0.0, 0.0])):
        y, dx = run(cls(**settings, ignore_index=7, reduction=reduction), x, labels)
        np.testing.assert_array_equal(y, value)
        np.testing.assert_array_equal(dx, 0.0)


@pytest.mark.parametrize(("cls", "settings"), BOTH)
@pytest.mark.parametrize("label", [-1, 3, 100, 2**31 - 1, -101, 2**32, 2**32 + 1])
def test_labels_that_are_no_class_give_nan(cls, settings, label) -> None:
    x, labels = np.array([[1.0, 2.0, 0.5], [3.0, 0.4, -1.0]]), np.array([1, label])
    for reduction in ("mean", "sum"):
        y, dx = run(cls(**settings, reduction=reduction), x, labels)
        assert np.isnan(y) and np.all(np.isnan(dx[1]))
    y, dx = run(cls(**settings, reduction="none"), x, labels)
    np.testing.assert_array_equal(np.isnan(y), [False, True])
    np.testing.assert_array_equal(np.isnan(dx).all(-1), [False, True])


@pytest.mark.parametrize("cls", [CrossEntropy, NLL])
@pytest.mark.parametrize("kind", ["int8", "uint8", "int16", "int32", "uint32", "int64", "uint64"])
def test_labels_of_any_whole_number_type_and_both_shapes(cls, kind) -> None:
    x = np.random.default_rng(0).normal(size=(2, 2, 300))
    labels = np.array([[0, 299], [44, 255]]) if kind not in ("int8", "uint8") else np.eye(2)
    expected = run(cls(), x, labels.astype("int64"))
    for target in (labels.astype(kind), labels.astype(kind)[..., None]):
        for a, b in zip(run(cls(), x, target), expected, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_nll_takes_only_what_stands_at_the_label(dtype) -> None:
    rows = [[-1.0, NAN, INF], [-INF, -2.0, NAN], [0.5, INF, -INF], [NAN, 1.0, 1.0]]
    x, target = np.array(rows, numpy_dtype(dtype)), np.array([0, 0, 2, 0])
    y, dx = run(NLL(reduction="none"), x, target)
    np.testing.assert_array_equal(y.astype(float), [1.0, INF, INF, NAN])
    np.testing.assert_array_equal(dx.astype(float), -np.eye(3)[target])
    y, _ = run(NLL((0.0, 1.0, 1.0), reduction="none"), x, target)
    np.testing.assert_array_equal(y.astype(float), [0.0, 0.0, INF, 0.0])


@pytest.mark.parametrize("cls", [CrossEntropy, NLL])
def test_an_empty_batch(cls) -> None:
    x, labels = np.zeros((0, 3)), np.zeros(0, int)
    for reduction, value in (("mean", NAN), ("sum", 0.0), ("none", [])):
        y, dx = run(cls(reduction=reduction), x, labels)
        np.testing.assert_array_equal(y, value)
        assert dx.shape == (0, 3)
