"""The piecewise activations over the whole range of a dtype, at their kinks and at NaN.

Value and slope are held against the definition at 800 digits with a step of 1e-400, which is small
beside the smallest denormal and still seen beside the largest number. The tolerance is
k u (|exact| + S) plus a few of the smallest numbers of the dtype, with u the unit roundoff and S
the size of the terms of the formula, written beside each operator below; S is 0 where nothing
cancels. Hyper-parameters are rounded to the dtype first, as any Python number is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import ml_dtypes
import mpmath
import numpy as np
import pytest

import support
from backprove import ops
from backprove.oracle import exact
from backprove.oracle.wire import numpy_dtype

INF, NAN = float("inf"), float("nan")
LIMITS = (0.0, 0.001, 0.1, 0.5, 1.0, 2.0)
SLOPES = (*LIMITS, -0.3, -2.0)
DTYPES = ("float32", "float64")
SCALE, SCALE_ALPHA = 1.0507009873554805, 1.7580993408473768


class Spec(NamedTuple):
    """An operator, its kinks with the slope there, (value, slope) at -inf, inf, slope at NaN.

    `slope_terms` and `value_terms` are S as functions of x.
    """

    name: str
    arguments: dict[str, Any]
    kinks: dict[float, float]
    at_minus: tuple[float, float]
    at_plus: tuple[float, float]
    at_nan: float
    value_terms: Callable[[Any], Any] = np.zeros_like
    slope_terms: Callable[[Any], Any] = np.zeros_like
    weight: float | None = None

    def rounded(self, dtype: str) -> dict[str, float]:
        """The hyper-parameters as the dtype sees them; half precision computes in float32."""
        return {k: _round(v, dtype) for k, v in self.arguments.items()}

    def values(self, dtype: str) -> dict[str, Any]:
        """The weight, for the operator that has one."""
        return {} if self.weight is None else {"weight": np.array([self.weight], _dtype(dtype))}


def _dtype(name: str) -> Any:
    return numpy_dtype(name)


def _round(value: float, dtype: str) -> float:
    return float(np.array(value, "float64" if dtype == "float64" else "float32"))


def _hardtanh(low, high):
    kinks = {low: 0.0, high: 0.0}
    arguments = {"min_val": low, "max_val": high}
    return Spec("Hardtanh", arguments, kinks, (low, 0.0), (high, 0.0), 0.0)


def _shrink(name, lambd):
    kinks = {lambd: 0.0, -lambd: 0.0} if lambd else {}
    at_nan = 0.0 if lambd else 1.0
    return Spec(name, {"lambd": lambd}, kinks, (-INF, 1.0), (INF, 1.0), at_nan)


def _threshold(threshold, value):
    arguments = {"threshold": threshold, "value": value}
    return Spec("ThresholdedReLU", arguments, {threshold: 0.0}, (value, 0.0), (INF, 1.0), 0.0)


def _elu(alpha):
    kinks = {} if alpha == 1.0 else {0.0: alpha}
    return Spec("ELU", {"alpha": alpha}, kinks, (-alpha, 0.0), (INF, 1.0), NAN)


def _celu(alpha):
    """The rounded quotient x / alpha is multiplied by x / alpha and the slope."""
    size = abs(alpha)

    def terms(x):
        t = np.clip(x, -1e4 * size, 0) / alpha
        return np.abs(t) * np.exp(np.minimum(t, 700.0))

    at_minus = (-alpha, 0.0) if alpha > 0 else (-INF, INF)
    return Spec(
        "CELU",
        {"alpha": alpha},
        {},
        at_minus,
        (INF, 1.0),
        NAN,
        lambda x: size * terms(x),
        terms,
    )


def _prelu(weight):
    kinks = {} if weight == 1.0 else {0.0: weight}
    at_minus = (weight * -INF, weight)
    return Spec("PReLU", {}, kinks, at_minus, (INF, 1.0), weight, weight=weight)


def _rrelu(lower, upper):
    slope = 0.5 * (lower + upper)
    at_minus = (slope * -INF, slope)
    arguments = {"lower": lower, "upper": upper}
    return Spec("RReLU", arguments, {0.0: slope}, at_minus, (INF, 1.0), slope)


def _tanh_beyond_one(x):
    return np.where(np.abs(x) < 1, 0.0, 1.0)


SPECS = [
    Spec("ReLU", {}, {0.0: 0.0}, (0.0, 0.0), (INF, 1.0), 0.0),
    Spec("ReLU6", {}, {0.0: 0.0, 6.0: 0.0}, (0.0, 0.0), (6.0, 0.0), 0.0),
    Spec("Hardsigmoid", {}, {-3.0: 0.0, 3.0: 0.0}, (0.0, 0.0), (1.0, 0.0), 0.0),
    Spec("Hardswish", {}, {-3.0: 0.0, 3.0: 1.0}, (0.0, 0.0), (INF, 1.0), NAN),
    Spec("SELU", {}, {0.0: SCALE_ALPHA}, (-SCALE_ALPHA, 0.0), (INF, SCALE), NAN),
    Spec("Tanhshrink", {}, {}, (-INF, 1.0), (INF, 1.0), NAN, _tanh_beyond_one),
    *(_hardtanh(*ends) for ends in ((-1.0, 1.0), (-0.3, 2.0), (0.001, 0.1), (-2.0, 0.5))),
    *(_shrink(name, lambd) for name in ("Hardshrink", "Softshrink") for lambd in LIMITS),
    *(_threshold(*case) for case in ((1.0, 0.0), (0.0, 0.0), (-2.0, 0.5), (0.1, -0.3))),
    *map(_elu, SLOPES),
    *(_celu(alpha) for alpha in SLOPES if alpha),
    *(_prelu(weight) for weight in SLOPES if weight),
    *(_rrelu(*ends) for ends in ((1 / 8, 1 / 3), (-2.0, 0.5), (0.1, 0.1))),
]
EVERY = pytest.mark.parametrize(
    "spec", SPECS, ids=[f"{s.name}{s[1]}{s.weight or ''}" for s in SPECS]
)


@pytest.fixture(autouse=True)
def _many_digits(monkeypatch):
    monkeypatch.setattr(exact, "DIGITS", 800)
    monkeypatch.setattr(exact, "STEP", mpmath.mpf(10) ** -400)


def grid(spec, dtype):
    """Zeros, denormals, ordinary and huge magnitudes, the kinks, and both neighbours of each.

    As float64, in which all the dtypes have their numbers.
    """
    info = ml_dtypes.finfo(_dtype(dtype))
    least, tiny, top, eps = (
        float(x) for x in (info.smallest_subnormal, info.smallest_normal, info.max, info.eps)
    )
    logs = [np.log(top), -np.log(tiny), -np.log(least), -np.log(eps)]
    ordinary = [0, 1e-6, 1e-3, 0.3, 0.5, 1, 1.5, 3, 6, 10, 20, 20.5, 88, 100, 700, 1e4, 1e20]
    wanted = [*ordinary, *logs, *spec.kinks, least, tiny, top / 2, top]
    x = np.array([v for v in wanted if abs(v) <= top], _dtype(dtype))
    with np.errstate(over="ignore"):
        near = [np.nextafter(x, np.array(side, x.dtype)) for side in (-INF, INF)]
    x = np.concatenate([x, *near]).astype(np.float64)
    x = x[np.isfinite(x)]
    return np.unique(np.concatenate([x, -x]))


@pytest.fixture(scope="module")
def known():
    """x, value, slope and where the slope exists, of a spec and a dtype, as float64.

    Only the x whose value and slope the dtype can hold.
    """
    seen: dict[Any, Any] = {}

    def look_up(spec, dtype):
        key = (spec.name, str(spec.arguments), spec.weight, dtype)
        if key not in seen:
            seen[key] = _truth(spec, dtype, grid(spec, dtype))
        return seen[key]

    return look_up


def _truth(spec, dtype, x):
    op, values = ops.operator(spec.name, **spec.rounded(dtype)), spec.values(dtype)
    values = {k: v.astype(np.float64) for k, v in values.items()}
    with np.errstate(over="ignore"):
        value = exact.to_float(exact.evaluate(op, x, **values))
        slope = exact.to_float(exact.gradients(op, np.ones_like(x), x, **values)[0][0])
    smooth = ~np.isin(x, [_round(kink, dtype) for kink in spec.kinks])
    top = float(ml_dtypes.finfo(_dtype(dtype)).max)
    fits = (np.abs(value) <= top) & ((np.abs(slope) <= top) | ~smooth)
    return x[fits], value[fits], slope[fits], smooth[fits]


def run(spec, x, library="numpy", dy=None):
    """Value and gradient that the operator computes on the arrays of a library."""
    arguments, values = spec.rounded(x.dtype.name), spec.values(x.dtype.name)
    dy = np.ones_like(x) if dy is None else dy
    if library in ("torch", "paddle"):
        settings = {"name": spec.name, "arguments": arguments, "values": values}
        found = support.ask(library).ask("run_operator", **settings, inputs=[x], dy=dy)
        return found["y"], found["inputs"][0]
    op = ops.operator(spec.name, **arguments)

    def both(x, dy, values):
        y, saved = op.fwd(x, **values)
        # The gradient of a weight adds up all x, the largest numbers included.
        with np.errstate(over="ignore" if values else "warn"):
            return y, op.bwd(saved, dy)[0][0]

    return both(x, dy, values) if library == "numpy" else jax.jit(both)(x, dy, values)


def assert_near(found, expected, terms, x, dtype, k, floor):
    """|found - expected| <= k u (|expected| + terms) + floor."""
    found = np.asarray(found).astype(np.float64)
    wrong = ~(
        np.abs(found - expected) <= k * support.UNIT[dtype] * (np.abs(expected) + terms) + floor
    )
    assert not wrong.any(), list(zip(x[wrong], found[wrong], expected[wrong], strict=True))


def check(spec, dtype, truth, library, k, floor):
    """Run and compare; the slope only where it exists."""
    x, value, slope, smooth = truth
    y, dx = run(spec, x.astype(_dtype(dtype)), library)
    assert support.name_of(y) == support.name_of(dx) == dtype
    assert_near(y, value, spec.value_terms(x), x, dtype, k, floor)
    x, dx = x[smooth], np.asarray(dx)[smooth]
    assert_near(dx, slope[smooth], spec.slope_terms(x), x, dtype, k, floor)


@pytest.mark.parametrize("dtype", DTYPES)
@EVERY
def test_whole_range(spec, dtype, known) -> None:
    check(spec, dtype, known(spec, dtype), "numpy", 8, 4 * np.finfo(dtype).smallest_subnormal)


@pytest.mark.parametrize(
    ("library", "dtype"),
    [("jax", "float32"), *((name, dtype) for name in ("torch", "paddle") for dtype in DTYPES)],
)
@EVERY
def test_whole_range_in_other_libraries(spec, library, dtype, known) -> None:
    """Denormals are left out: JAX takes them for 0, which is a side of a kink."""
    x, *rest = known(spec, dtype)
    tiny = np.finfo(dtype).tiny
    normal = (x == 0) | (np.abs(x) >= tiny)
    check(spec, dtype, [v[normal] for v in (x, *rest)], library, 8, 4 * tiny)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@EVERY
def test_half_precision_is_rounded_once(spec, dtype, known) -> None:
    floor = float(ml_dtypes.finfo(_dtype(dtype)).smallest_subnormal)
    check(spec, dtype, known(spec, dtype), "numpy", 1.01, 0.51 * floor)


@pytest.mark.parametrize("library", ["numpy", "jax", "torch", "paddle"])
@EVERY
def test_kinks_infinities_and_nan(spec, library) -> None:
    """0 stands for -0 too. 40 of each, so that vector and scalar code both see it."""
    kinks = dict(spec.kinks)
    if 0.0 in kinks:
        kinks[-0.0] = kinks[0.0]
    x = np.array([*kinks, -INF, INF, NAN], np.float32)
    slopes = [*kinks.values(), spec.at_minus[1], spec.at_plus[1], spec.at_nan]
    y, dx = run(spec, np.repeat(x, 40), library)
    expected = np.repeat(np.array(slopes, np.float32), 40)
    # exp(-inf) is 2.9e-39 in Paddle.
    atol = 0.0 if library == "numpy" else np.finfo(np.float32).tiny
    np.testing.assert_allclose(dx, expected, rtol=2e-7, atol=atol)
    ends = np.array([spec.at_minus[0], spec.at_plus[0], NAN], np.float32)
    np.testing.assert_allclose(y[-120:], np.repeat(ends, 40), rtol=2e-7, atol=atol)


@pytest.mark.parametrize("scale", [0.0, -1.0, 1e-30, 1e30])
@EVERY
def test_gradient_is_linear_in_dy(spec, scale, known) -> None:
    x, _, slope, smooth = known(spec, "float64")
    usual = smooth & (np.abs(x) < 100) & (np.abs(x) > 1e-9)
    x, expected = x[usual], slope[usual] * scale
    _, dx = run(spec, x, dy=np.full_like(x, scale))
    assert_near(dx, expected, abs(scale) * spec.slope_terms(x), x, "float64", 8, 0.0)
