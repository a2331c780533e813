"""The losses of elements over the whole range of a dtype.

Value and both gradients of every pair (x, target) are held against the definition at so many
digits that a step far below the smallest number is seen beside the largest one. The tolerance is
k u (|exact| + S), with u the unit roundoff and S the size of the terms that the formula subtracts,
written beside each loss below, plus a few of the smallest numbers of the dtype.

NumPy's warnings are errors wherever value and gradients are finite in the dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import support
from backprove.op import Op
from backprove.ops.loss.bce import BCE
from backprove.ops.loss.bce_with_logits import BCEWithLogits
from backprove.ops.loss.hinge import Hinge
from backprove.ops.loss.huber import Huber
from backprove.ops.loss.kl_div import KLDiv
from backprove.ops.loss.l1 import L1
from backprove.ops.loss.mse import MSE
from backprove.ops.loss.smooth_l1 import SmoothL1
from backprove.oracle import exact
from backprove.oracle.wire import numpy_dtype

INF = float("inf")
DIGITS = {"float64": (750, -340)}
NUMBERS = (0, 1e-6, 1e-3, 0.5, 1, 3, 6, 10, 20, 20.5, 88, 100, 700, 1e4, 1e20)


class Spec(NamedTuple):
    """A loss with reduction "none", its inputs, and S for value, dx and dtarget."""

    op: Op
    xs: Callable
    targets: tuple[float, ...]
    terms: Callable = lambda x, t: (0.0, 0.0, 0.0)


def line(dtype):
    """NUMBERS and the ends of the dtype, with both signs."""
    info = np.finfo(dtype)
    ends = [info.smallest_subnormal, info.tiny, info.max / 2, info.max]
    x = np.concatenate([np.array(NUMBERS, dtype), np.array(ends, dtype)])
    return np.concatenate([x, -x])


def around(*places):
    """`line` with places and both their neighbours."""

    def xs(dtype):
        there = np.array(places, dtype)
        near = [np.nextafter(there, np.array(end, dtype)) for end in (-INF, INF)]
        return np.concatenate([line(dtype), there, *near])

    return xs


def inside(dtype):
    """Numbers in the open interval (0, 1), those whose logarithm is near -100 included."""
    info, cut = np.finfo(dtype), np.exp(-100.0)
    x = [info.tiny, 1e-30, 1e-20, 1e-6, 1e-3, 0.25, 0.5, 0.75, 0.999]
    x += [1 - info.epsneg, 1 - 2 * info.epsneg, info.smallest_subnormal]
    x += [0.9 * cut, 1.1 * cut] if dtype == "float64" else []
    return np.array(x, dtype)


def bce_terms(x, t):
    logs = np.abs(np.maximum(np.log(x), -100)) + np.abs(np.log1p(-x))
    return 0.0, np.minimum(t / x, 1e300) + (1 - t) / (1 - x), logs


def kl_terms(x, t):
    size = np.abs(x) + np.abs(np.log(t))
    return t * size, 0.0, size + 1


def log_kl_terms(x, t):
    size = np.abs(x) + np.abs(t) + 1
    scale = np.exp(t)
    return scale * size, scale * np.abs(t), scale * size * np.maximum(np.abs(t), 1)


def logit_terms(pos_weight):
    def terms(x, t):
        slope = (1 - t + pos_weight * t) * np.exp(-np.abs(x))
        return 0.0, slope + (1 - t) * (x > 0) + pos_weight * t * (x < 0), np.log1p(np.exp(-abs(x)))

    return terms


NEAR = (0.0, 1.0, 0.25, -3.0, 1e4)
SPECS = [
    Spec(MSE("none"), line, (*NEAR, 1e20)),
    Spec(L1("none"), line, (*NEAR, 1e20)),
    *(Spec(SmoothL1(b, "none"), around(b, -b), NEAR) for b in (0.0, 1e-3, 0.1, 0.5, 1.0, 2.0)),
    *(Spec(Huber(d, "none"), around(d, -d), NEAR) for d in (1e-3, 0.1, 0.5, 1.0, 2.0)),
    Spec(Hinge("none"), lambda dtype: off_the_kink(around(1.0, -1.0)(dtype)), (1.0, -1.0)),
    *(Spec(BCE(w, "none"), inside, (0.0, 1.0, 0.25, 0.1), bce_terms) for w in (None, 0.0, 0.5)),
    *(
        Spec(BCEWithLogits(None, p, "none"), line, (0.0, 1.0, 0.25, 0.1), logit_terms(p))
        for p in (0.0, 0.5, 2.0)
    ),
    Spec(BCEWithLogits(reduction="none"), line, (0.0, 1.0, 0.25, 0.1), logit_terms(1.0)),
    Spec(KLDiv("none"), line, (1e-30, 0.25, 1.0, 2.0), kl_terms),
    Spec(KLDiv("none", True), line, (-60.0, -1.0, 0.0, 0.7), log_kl_terms),
]
EVERY = pytest.mark.parametrize("spec", SPECS, ids=lambda s: repr(s.op))


def off_the_kink(x):
    return x[np.abs(x) != 1]


def pairs(spec, dtype):
    """Every x with every target, as two vectors."""
    x, t = np.meshgrid(spec.xs(dtype), np.array(spec.targets, dtype))
    return x.ravel(), t.ravel()


def truth(op, dtype, x, t):
    """Value, derivative by x and derivative by the target, as float64."""
    m, (digits, power) = support.Remembering(), DIGITS.get(dtype, (160, -60))
    with mpmath.workdps(digits), np.errstate(over="ignore"):
        x, t, h = m.array(x), m.array(t), mpmath.mpf(10) ** power

        def slope(dx, dt):
            return (op.definition(m, x + dx, t + dt) - op.definition(m, x - dx, t - dt)) / (2 * h)

        found = op.definition(m, x, t), slope(h, 0), slope(0, h)
        return np.stack([exact.to_float(m.array(part)) for part in found])


def run(op, x, t, xp=np):
    """Value, dx and dtarget that the operator computes."""
    y, saved = op.fwd(x, t)
    (dx, dt), _ = op.bwd(saved, xp.ones_like(x))
    return [np.asarray(part).astype(np.float64) for part in (y, dx, dt)]


def check(spec, dtype, x, t, found, expected, k, least):
    if not x.size:
        return
    with np.errstate(divide="ignore", over="ignore"):
        sizes = spec.terms(x.astype(np.float64), t.astype(np.float64))
    names = ("value", "dx", "dtarget")
    for name, ours, right, terms in zip(names, found, expected, sizes, strict=True):
        with np.errstate(over="ignore"):
            rounded = right.astype(numpy_dtype(dtype)).astype(np.float64)
        finite = np.isfinite(rounded)
        np.testing.assert_array_equal(ours[~finite], rounded[~finite])
        assert np.all(np.isfinite(ours[finite]))
        with np.errstate(invalid="ignore", over="ignore"):
            size = np.abs(right) + terms
            excess = np.abs(ours - right) - k * support.UNIT[dtype] * size - least
        excess = np.where(finite, excess, -INF)
        worst = int(np.argmax(excess))
        assert excess[worst] <= 0, (
            f"{name} at x = {x[worst]!r}, target {t[worst]!r}: "
            f"{ours[worst]!r} against {right[worst]!r}"
        )


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_gradients_are_exact_to_rounding(spec, dtype) -> None:
    info = np.finfo(dtype)
    x, t = pairs(spec, dtype)
    expected = truth(spec.op, dtype, x, t)
    fits = np.all(np.abs(expected) <= float(info.max), axis=0)
    assert 2 * fits.sum() > fits.size
    for part, over in ((fits, "raise"), (~fits, "ignore")):
        with np.errstate(over=over):
            found = run(spec.op, x[part], t[part])
        least = 4 * float(info.smallest_subnormal)
        check(spec, dtype, x[part], t[part], found, expected[:, part], 8.0, least)


@EVERY
def test_jax_is_exact_to_rounding_but_for_denormals(spec) -> None:
    tiny = float(np.finfo("float32").tiny)
    x, t = pairs(spec, "float32")
    kept = (np.abs(x) > 2 * tiny) | (x == 0)
    x, t = x[kept], t[kept]
    found = run(spec.op, jnp.asarray(x), jnp.asarray(t), jnp)
    check(spec, "float32", x, t, found, truth(spec.op, "float32", x, t), 16.0, 4 * tiny)


@EVERY
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_the_rounded_result(spec, dtype) -> None:
    low = numpy_dtype(dtype)
    x, t = pairs(spec, "float32")
    kept = (np.abs(x) < 6e4) & (np.abs(t) < 6e4)
    x, t = x[kept].astype(low), t[kept].astype(low)
    allowed = {BCE: (x > 0) & (x < 1), Hinge: np.abs(x) != 1}.get(type(spec.op), x == x)
    allowed = allowed & ((t > 0) | (not isinstance(spec.op, KLDiv) or spec.op.log_target))
    x, t = x[allowed], t[allowed]
    with np.errstate(over="ignore"):
        found = run(spec.op, x, t)
    least = 2.0**-24 if dtype == "float16" else 2.0**-133
    check(spec, dtype, x, t, found, truth(spec.op, dtype, x, t), 4.0, least)


BCE_ENDS = [
    (0.0, 0.0, (0.0, 1.0, 100.0)),
    (0.0, 1.0, (100.0, 0.0, 100.0)),
    (0.0, 0.25, (25.0, 0.75, 100.0)),
    (1.0, 1.0, (0.0, -1.0, -100.0)),
    (1.0, 0.0, (100.0, 0.0, -100.0)),
    (1.0, 0.25, (75.0, -0.25, -100.0)),
]
LOGIT_ENDS = [
    (INF, 1.0, (0.0, 0.0, -INF)),
    (INF, 0.0, (INF, 1.0, -INF)),
    (INF, 0.25, (INF, 0.75, -INF)),
    (-INF, 0.0, (0.0, 0.0, INF)),
    (-INF, 1.0, (INF, -1.0, INF)),
    (-INF, 0.25, (INF, -0.25, INF)),
    (0.0, 0.0, (np.log(2.0), 0.5, 0.0)),
    (-0.0, 1.0, (np.log(2.0), -0.5, 0.0)),
    (0.0, 0.25, (np.log(2.0), 0.25, 0.0)),
]
ENDS = [
    *((BCE(reduction="none"), *row) for row in BCE_ENDS),
    *((BCEWithLogits(reduction="none"), *row) for row in LOGIT_ENDS),
    (BCEWithLogits(None, 2.0, "none"), -INF, 1.0, (INF, -2.0, INF)),
    (BCEWithLogits(None, 0.0, "none"), -INF, 1.0, (0.0, 0.0, 0.0)),
    (BCEWithLogits(None, 0.0, "none"), INF, 1.0, (0.0, 0.0, -INF)),
    (BCEWithLogits(3.0, None, "none"), INF, 0.25, (INF, 2.25, -INF)),
    *((op, INF, 0.5, (INF, s, -s)) for op, s in ((MSE("none"), INF), (L1("none"), 1.0))),
    *((op, 0.5, INF, (INF, -s, s)) for op, s in ((MSE("none"), INF), (L1("none"), 1.0))),
    *((SmoothL1(b, "none"), -INF, 0.5, (INF, -1.0, 1.0)) for b in (0.0, 0.5, 2.0)),
    *((Huber(d, "none"), -INF, 0.5, (INF, -d, d)) for d in (0.5, 1.0, 2.0)),
    (Hinge("none"), INF, 1.0, (0.0, 0.0, 0.0)),
    (Hinge("none"), -INF, -1.0, (0.0, 0.0, 0.0)),
    (Hinge("none"), -INF, 1.0, (INF, -1.0, INF)),
    (Hinge("none"), 1.0, 1.0, (0.0, 0.0, 0.0)),
    (Hinge("none"), -1.0, -1.0, (0.0, 0.0, 0.0)),
    (KLDiv("none"), -1.0, 0.0, (0.0, 0.0, -INF)),
    (KLDiv("none"), -INF, 0.0, (0.0, 0.0, np.nan)),
    (KLDiv("none"), -INF, 0.5, (INF, -0.5, INF)),
    (KLDiv("none", True), -1.0, -INF, (0.0, 0.0, 0.0)),
    (KLDiv("none", True), -INF, -INF, (0.0, 0.0, 0.0)),
    (KLDiv("none", True), -INF, 0.0, (INF, -1.0, INF)),
    (KLDiv("none", True), -1.0, -1e4, (0.0, 0.0, 0.0)),
]


@pytest.mark.parametrize(("op", "x", "target", "expected"), ENDS)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_ends_and_infinities_are_limits(op, x, target, expected, dtype) -> None:
    low = numpy_dtype(dtype)
    undefined = "ignore" if np.isnan(expected).any() else "raise"
    with np.errstate(invalid=undefined):
        found = run(op, np.full(3, x, low), np.full(3, target, low))
    for ours, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, right, rtol=2 * support.UNIT[dtype])


@pytest.mark.parametrize(("op", "x", "target", "expected"), ENDS)
def test_jax_has_the_same_limits(op, x, target, expected) -> None:
    found = run(op, jnp.full(3, x), jnp.full(3, target), jnp)
    for ours, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, right, rtol=2.0**-22)


@EVERY
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_nan_goes_through(spec, dtype) -> None:
    """Into the value, and into every gradient that depends on the number that is NaN."""
    some, none = np.full(4, 0.5, numpy_dtype(dtype)), np.full(4, np.nan, numpy_dtype(dtype))
    value, dx, dt = run(spec.op, none, some)
    assert np.all(np.isnan(value)) and np.all(np.isnan(dt))
    assert np.all(np.isnan(dx)) or isinstance(spec.op, Hinge | KLDiv)
    value, dx, dt = run(spec.op, some, none)
    assert np.all(np.isnan(value)) and np.all(np.isnan(dx))
    assert np.all(np.isnan(dt)) or isinstance(spec.op, Hinge | BCE | BCEWithLogits)


@pytest.mark.parametrize("x", [-0.25, 1.5, -INF, INF])
@pytest.mark.parametrize("target", [0.0, 0.25, 1.0])
def test_bce_of_no_probability_is_nan(x, target) -> None:
    with np.errstate(invalid="ignore"):
        y, _ = BCE().fwd(np.array([x]), np.array([target]))
    assert np.isnan(y)


def test_kl_divergence_of_a_negative_target_is_nan() -> None:
    with np.errstate(invalid="ignore"):
        y, _ = KLDiv("none").fwd(np.array([-1.0, -1.0]), np.array([-1.0, 1.0]))
    np.testing.assert_array_equal(np.isnan(y), [True, False])
