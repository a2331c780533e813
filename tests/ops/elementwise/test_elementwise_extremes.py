"""The elementwise operators over the whole range of a dtype, at zeros, infinities and NaN.

Values and gradients are held against the formula at 80 digits. The tolerance is
k u |exact| (1 + c) plus a floor, with u the unit roundoff, c the condition number that the
operator's formula has, and as floor what a rounding to a denormal inside the formula costs;
both are written beside each operator.
"""

from __future__ import annotations

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
FULL = ("float32", "float64")
RUNS = [
    *(("numpy", dtype) for dtype in (*FULL, "float16", "bfloat16")),
    ("jax", "float32"),
    *((library, dtype) for library in ("torch", "paddle") for dtype in FULL),
]
EVERY_RUN = pytest.mark.parametrize(("library", "dtype"), RUNS)


def limits(dtype):
    """(smallest denormal, smallest normal, largest) number of a dtype."""
    info = ml_dtypes.finfo(numpy_dtype(dtype))
    return tuple(float(v) for v in (info.smallest_subnormal, info.smallest_normal, info.max))


def grid(library, dtype):
    """Positive numbers that the dtype holds, as float64; denormals only for NumPy."""
    least, tiny, top = limits(dtype)
    ordinary = [1e-30, 1e-6, 1e-3, 0.1, 0.5, 0.75, 1, 2, 3, 6, 10, 20.5, 88, 100, 700, 1e4, 1e20]
    edges = [tiny, 1.5 * tiny, top / 2, top, top**0.5, np.log(top), -np.log(tiny)]
    wanted = [*ordinary, *edges, *((least, 7 * least, tiny / 3) if library == "numpy" else ())]
    wanted = [v for v in wanted if (least if library == "numpy" else tiny) <= v <= top]
    x = np.array(wanted, numpy_dtype(dtype))
    one = np.array(1, x.dtype)
    near = [np.nextafter(one, np.array(side, x.dtype)) for side in (0, 2)]
    return np.unique(np.concatenate([x, np.stack(near)]).astype(np.float64))


def run(name, inputs, dtype, library="numpy"):
    """Output and input gradients for an upstream gradient of ones, as float64."""
    cast = [np.asarray(x).astype(numpy_dtype(dtype)) for x in inputs]
    dy = np.ones(np.broadcast_shapes(*(x.shape for x in cast)), cast[0].dtype)
    op = ops.operator(name)
    if library in ("torch", "paddle"):
        found = support.ask(library).ask(
            "run_operator", name=name, arguments={}, inputs=cast, values={}, dy=dy
        )
        results = [found["y"], *found["inputs"]]
    else:

        def both(inputs, dy):
            y, saved = op.fwd(*inputs)
            return y, *op.bwd(saved, dy)[0]

        results = (jax.jit(both) if library == "jax" else both)(cast, dy)
    assert all(support.name_of(r) == dtype for r in results)
    return [np.asarray(r).astype(np.float64) for r in results]


def mesh(a, b):
    """All pairs, as two flat arrays."""
    return [x.ravel() for x in np.meshgrid(a, b)]


def rounded(function, *inputs):
    """A function of mpmath numbers on float64 arrays, rounded to float64."""
    with mpmath.workdps(80), np.errstate(over="ignore"):
        lifted = [np.frompyfunc(lambda v: mpmath.mpf(float(v)), 1, 1)(x) for x in inputs]
        return exact.to_float(np.frompyfunc(function, len(inputs), 1)(*lifted))


def assert_near(found, expected, dtype, library, *, k=4.0, condition=0.0, denormals=1.0):
    """|found - expected| <= k u |expected| (1 + condition) + denormals, and the right sign.

    `denormals` counts the smallest number of the dtype, the smallest normal one in libraries that
    flush. What is beyond the largest number must be infinite; what is as near to it as the
    tolerance may be.
    """
    least, tiny, top = limits(dtype)
    error = k * support.UNIT[dtype] * (1 + condition)
    floor = denormals * (least if library == "numpy" else tiny)
    with np.errstate(invalid="ignore", over="ignore"):
        right = np.abs(found - expected) <= error * np.abs(expected) + floor
        infinite = np.abs(expected) > top * (1 + error)
        border = np.abs(expected) > top / (1 + error)
    right = np.where(border, (np.abs(found) >= top / (1 + error) ** 2) | right, right)
    right = np.where(infinite, np.isinf(found), right) & (found * np.sign(expected) >= 0)
    assert right.all(), (found[~right], expected[~right])


@EVERY_RUN
def test_exp(library, dtype) -> None:
    x = grid(library, dtype)
    x = np.concatenate([-x, [0.0], x])
    with np.errstate(over="ignore"):
        y, dx = run("Exp", [x], dtype, library)
    expected = rounded(mpmath.exp, np.clip(x, -1e5, 1e5))
    assert_near(y, expected, dtype, library)
    assert_near(dx, expected, dtype, library)


@EVERY_RUN
def test_log(library, dtype) -> None:
    x = grid(library, dtype)
    with np.errstate(over="ignore"):
        y, dx = run("Log", [x], dtype, library)
    assert_near(y, rounded(mpmath.log, x), dtype, library)
    assert_near(dx, rounded(lambda v: 1 / v, x), dtype, library)


@EVERY_RUN
def test_sum_difference_and_product(library, dtype) -> None:
    x = grid(library, dtype)
    a, b = mesh(np.concatenate([-x, [0.0], x]), np.concatenate([-x, [0.0], x]))
    slopes = {"Add": (1.0, 1.0), "Subtract": (1.0, -1.0), "Multiply": (b, a)}
    formulas = {"Add": mpmath.fadd, "Subtract": mpmath.fsub, "Multiply": mpmath.fmul}
    for name, formula in formulas.items():
        with np.errstate(over="ignore"):
            y, da, db = run(name, [a, b], dtype, library)
        assert_near(y, rounded(formula, a, b), dtype, library, k=1.01)
        np.testing.assert_array_equal(da, np.broadcast_to(slopes[name][0], a.shape))
        np.testing.assert_array_equal(db, np.broadcast_to(slopes[name][1], b.shape))


@EVERY_RUN
def test_divide(library, dtype) -> None:
    """A rounding of a / b to a denormal is divided by b once more."""
    x = grid(library, dtype)
    a, b = mesh(np.concatenate([-x, [0.0], x]), np.concatenate([-x, x]))
    with np.errstate(over="ignore"):
        y, da, db = run("Divide", [a, b], dtype, library)
        denormals = 1 + 1 / np.abs(b)
    assert_near(y, rounded(mpmath.fdiv, a, b), dtype, library)
    assert_near(da, rounded(lambda v: 1 / v, b), dtype, library)
    expected = rounded(lambda v, w: -v / w**2, a, b)
    assert_near(db, expected, dtype, library, denormals=denormals)


EXPONENTS = (0, 0.001, 0.1, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 20.5, 100, 1e4)


def check_power(a, b, dtype, library):
    """The condition of a**b by b is |b log a|; da feels it where b - 1 is rounded."""
    with np.errstate(over="ignore"):
        y, da, db = run("Power", [a, b], dtype, library)
    assert_near(y, rounded(mpmath.power, a, b), dtype, library)
    log = np.abs(np.log(np.abs(a)))
    expected = rounded(lambda v, w: w * mpmath.power(v, w - 1), a, b)
    condition, denormals = np.abs(b - 1) * log, 1 + np.abs(b)
    assert_near(da, expected, dtype, library, condition=condition, denormals=denormals)
    return db, log


@EVERY_RUN
def test_power(library, dtype) -> None:
    b = np.array([v for v in EXPONENTS if v <= limits(dtype)[2]], numpy_dtype(dtype))
    b = b.astype(np.float64)
    a, b = mesh(grid(library, dtype), np.concatenate([-b, b]))
    db, log = check_power(a, b, dtype, library)
    expected = rounded(lambda v, w: mpmath.power(v, w) * mpmath.log(v), a, b)
    assert_near(db, expected, dtype, library, denormals=1 + log)


@EVERY_RUN
def test_power_of_a_negative_base(library, dtype) -> None:
    """Whole exponents: value and slope by the base as for any number, none by the exponent."""
    a, b = mesh(-grid(library, dtype), np.array([-100.0, -3, -2, -1, 0, 1, 2, 3, 100]))
    db, _ = check_power(a, b, dtype, library)
    assert np.isnan(db).all()
