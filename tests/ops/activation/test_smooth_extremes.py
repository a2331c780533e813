"""The smooth elementwise activations over the whole range of a dtype.

Value and slope are held against the definition at 450 digits: enough to see exp(-745) beside 1,
and a step of 1e-25 beside the largest float64. The tolerance is k u (|exact| + S) plus a few of the
smallest numbers of the dtype, with u the unit roundoff and S the size of the terms of the
formula, written beside each operator below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import expit

import support
from backprove import ops
from backprove.errors import UsageError
from backprove.op import Op
from backprove.ops.activation.gelu import GELU
from backprove.ops.activation.log_sigmoid import LogSigmoid
from backprove.ops.activation.mish import Mish
from backprove.ops.activation.sigmoid import Sigmoid
from backprove.ops.activation.silu import SiLU
from backprove.ops.activation.softplus import Softplus
from backprove.ops.activation.softsign import Softsign
from backprove.ops.activation.tanh import Tanh
from backprove.oracle import exact
from backprove.oracle.wire import numpy_dtype

BETAS = (0.001, 0.1, 0.5, 1.0, 2.0, -0.3, -2.0)
INF = float("inf")


class Spec(NamedTuple):
    """An operator, S for value and slope as functions of x, and (value, slope) at +-infinity.

    `floor` is how many of the smallest numbers an underflow inside the formula may cost.
    """

    op: Op
    value_terms: Callable
    slope_terms: Callable
    at_minus: tuple[float, float]
    at_plus: tuple[float, float]
    floor: Callable = lambda x: 4.0


def _none(x):
    return 0.0 * x


def _logistic_slope(t):
    """sigmoid'(t), without overflow."""
    return expit(t) * expit(-t)


def _rounded(beta):
    """Whether beta x is rounded: a product with a power of two is not."""
    return 0.0 if abs(np.frexp(beta)[0]) == 0.5 or beta == 0 else 1.0


def _softplus(beta):
    def slope(x):
        return _rounded(beta) * np.abs(beta * x) * np.exp(-np.abs(beta * x))

    ends = ((0.0, 0.0), (INF, 1.0)) if beta > 0 else ((-INF, 1.0), (0.0, 0.0))
    return Spec(Softplus(beta), lambda x: slope(x) / abs(beta), slope, *ends)


def _silu(beta):
    def value(x):
        return _rounded(beta) * np.abs(beta * x * x) * _logistic_slope(beta * x)

    def slope(x):
        t = np.abs(beta * x)
        return t * _logistic_slope(t) * (1 + _rounded(beta) * t)

    ends = {
        1: ((0.0, 0.0), (INF, 1.0)),
        -1: ((-INF, 1.0), (0.0, 0.0)),
        0: ((-INF, 0.5), (INF, 0.5)),
    }
    return Spec(SiLU(beta), value, slope, *ends[int(np.sign(beta))])


def _mish():
    def slope(x):
        return np.abs(x) / np.cosh(np.logaddexp(0, x)) ** 2 * expit(x)

    return Spec(Mish(), _none, slope, (0.0, 0.0), (INF, 1.0))


def _gelu():
    def density(x):
        return np.exp(-0.5 * x * x) / np.sqrt(2 * np.pi)

    return Spec(
        GELU(),
        lambda x: x * x * density(x),
        lambda x: np.abs(x) * (1 + x * x) * density(x),
        (0.0, 0.0),
        (INF, 1.0),
        lambda x: 4.0 + np.abs(x),
    )


def _gelu_tanh():
    def t(x):
        return np.sqrt(8 / np.pi) * (np.abs(x) + 0.044715 * np.abs(x) ** 3)

    def value(x):
        return np.abs(x) * t(x) * _logistic_slope(t(x))

    def slope(x):
        return 3 * t(x) * (1 + t(x)) * _logistic_slope(t(x))

    return Spec(GELU("tanh"), value, slope, (0.0, 0.0), (INF, 1.0))


SPECS = [
    Spec(Sigmoid(), _none, _none, (0.0, 0.0), (1.0, 0.0)),
    Spec(Tanh(), _none, _none, (-1.0, 0.0), (1.0, 0.0)),
    Spec(LogSigmoid(), _none, _none, (-INF, 1.0), (0.0, 0.0)),
    Spec(Softsign(), _none, _none, (-1.0, 0.0), (1.0, 0.0)),
    _mish(),
    _gelu(),
    _gelu_tanh(),
    *map(_softplus, BETAS),
    *map(_silu, (*BETAS, 0.0)),
]
EVERY = pytest.mark.parametrize("spec", SPECS, ids=[repr(s.op) for s in SPECS])


def grid(dtype):
    """Zeros, denormals, ordinary and huge magnitudes, and where exp rounds or overflows.

    Of each place both neighbouring floats, and everything with both signs.
    """
    info = np.finfo(dtype)
    top, tiny, least, u = (
        float(v) for v in (info.max, info.tiny, info.smallest_subnormal, info.eps)
    )
    places = [np.log(top), -np.log(tiny), -np.log(least), -np.log(u), -np.log(u) / 2, top**0.5]
    places += [1.2784645427610738, 1.1924312086243446, 0.7517915246935645]
    exact_places = np.array(places, dtype)
    near = [np.nextafter(exact_places, d * np.array(top, dtype)) for d in (-1, 1)]
    ordinary = [
        0,
        1e-6,
        1e-3,
        0.5,
        1,
        3,
        6,
        10,
        20,
        20.5,
        64.5,
        85,
        88,
        89,
        100,
        700,
        709,
        1e4,
        1e20,
    ]
    ends = np.array([least, tiny, top / 2, top], dtype)
    x = np.concatenate([np.array(ordinary, dtype), ends, exact_places, *near])
    return np.concatenate([x, -x])


@pytest.fixture(autouse=True)
def _many_digits(monkeypatch):
    monkeypatch.setattr(exact, "DIGITS", 450)


def truth(op, x):
    """Value and slope at every x, as float64. Beyond 1e100 mpmath has no erfc, and needs none."""
    wide = x.astype(np.float64)
    far = np.abs(wide) > (1e100 if isinstance(op, GELU) else INF)
    near = np.where(far, 0.0, wide)
    value = exact.to_float(exact.evaluate(op, near))
    slope = exact.to_float(exact.gradients(op, np.ones_like(near), near)[0][0])
    return np.where(far, np.maximum(wide, 0), value), np.where(far, wide > 0, slope)


def run(op, x, xp=np):
    """Value and slope that the operator computes."""
    y, saved = op.fwd(x)
    (dx,), _ = op.bwd(saved, xp.ones_like(x))
    return y, dx


def assert_near(found, expected, terms, x, dtype, k, floor):
    found = np.asarray(found).astype(np.float64)
    with np.errstate(over="ignore"):
        rounded = expected.astype(dtype).astype(np.float64)
    np.testing.assert_array_equal(np.isinf(found), np.isinf(rounded))
    finite = np.isfinite(rounded)
    tolerance = k * support.UNIT[dtype] * (np.abs(expected) + terms) + floor
    excess = (np.abs(found - expected) - tolerance)[finite]
    worst = int(np.argmax(excess))
    place = x[finite][worst]
    assert excess[worst] <= 0, (
        f"at x = {place!r}: {found[finite][worst]!r} against {expected[finite][worst]!r}"
    )


@EVERY
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value_and_slope_are_exact_to_rounding(spec, dtype) -> None:
    x = grid(dtype)
    value, slope = truth(spec.op, x)
    y, dx = run(spec.op, x)
    assert y.dtype == dx.dtype == dtype
    check(spec, dtype, x, (y, value), (dx, slope), 8.0, float(np.finfo(dtype).smallest_subnormal))


def check(spec, dtype, x, values, slopes, k, least) -> None:
    wide = x.astype(np.float64)
    with np.errstate(all="ignore"):
        terms = [np.nan_to_num(f(wide), posinf=0.0) for f in spec[1:3]]
        floor = least * spec.floor(np.minimum(np.abs(wide), 40.0))
    assert_near(*values, terms[0], x, dtype, k, floor)
    assert_near(*slopes, terms[1], x, dtype, k, floor)


@EVERY
def test_jax_is_exact_to_rounding_but_for_denormals(spec) -> None:
    x = grid("float32")
    x = x[(np.abs(x) >= np.finfo("float32").tiny) | (x == 0)]
    y, dx = run(spec.op, jnp.asarray(x), jnp)
    value, slope = truth(spec.op, x)
    tiny = float(np.finfo("float32").tiny)
    check(spec, "float32", x, (y, value), (dx, slope), 16.0, tiny)


@EVERY
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("length", [1, 7, 64])
def test_limits_at_infinity_and_nan(spec, dtype, length) -> None:
    ends = {-INF: spec.at_minus, INF: spec.at_plus, np.nan: (np.nan, np.nan)}
    for place, expected in ends.items():
        found = run(spec.op, np.full(length, place, numpy_dtype(dtype)))
        for array, number in zip(found, expected, strict=True):
            np.testing.assert_array_equal(array.astype(np.float64), number)


@EVERY
@pytest.mark.parametrize("library", ["torch", "paddle"])
def test_tensors_meet_the_same_ends(spec, library) -> None:
    x = np.array([-INF, INF, np.nan, -1e20, 1e20, -60.0, 60.0] * 3, np.float32)
    found = support.ask(library).ask(
        "run_operator",
        name=type(spec.op).__name__,
        arguments={k: v for k, v in vars(spec.op).items() if not k.startswith("_")},
        inputs=[x],
        values={},
        dy=np.ones_like(x),
    )
    for theirs, expected in zip((found["y"], *found["inputs"]), run(spec.op, x), strict=True):
        np.testing.assert_allclose(theirs, expected, rtol=2.0**-18, atol=2.0**-24)


@EVERY
def test_slope_of_smooth_operators_at_zero(spec) -> None:
    expected = {"Tanh": 1.0, "Softsign": 1.0, "Mish": 0.6}.get(type(spec.op).__name__, 0.5)
    expected = 0.25 if isinstance(spec.op, Sigmoid) else expected
    for zero in (0.0, -0.0):
        _, dx = run(spec.op, np.array([zero]))
        np.testing.assert_allclose(dx, expected, rtol=2.0**-52, atol=0)


@pytest.mark.parametrize("threshold", [0.1, 5.0, 20.0, 1e4])
def test_the_threshold_of_softplus_costs_no_accuracy(threshold) -> None:
    x = np.linspace(-30, 60, 500)
    first, other = Softplus(2.0), Softplus(2.0, threshold)
    for a, b in zip(run(first, x), run(other, x), strict=True):
        np.testing.assert_array_equal(a, b)
    value, slope = truth(other, x)
    support.close(run(other, x)[0], value, "float64", 0.0, 8.0)
    support.close(run(other, x)[1], slope, "float64", 0.0, 8.0)


@pytest.mark.parametrize("library", ["torch", "paddle"])
def test_softplus_is_theirs_up_to_the_threshold_and_exact_above(library) -> None:
    x = np.array([19.0, 20.0, 20.5, 25.0])
    call = "F.softplus(x, beta, threshold)"
    settings = {"beta": 1.0, "threshold": 20.0}
    found = support.ask(library).evaluate(call, {"x": x}, settings, np.ones(4))
    y, dx = run(Softplus(**settings), x)
    np.testing.assert_allclose(y[:2], found["y"][:2], rtol=2.0**-52)
    np.testing.assert_allclose(dx[:2], found["gradients"]["x"][:2], rtol=2.0**-52)
    np.testing.assert_array_equal(found["gradients"]["x"][2:], 1.0)
    assert np.all(dx[2:] < 1.0) and np.all(y[2:] > x[2:])


@pytest.mark.parametrize("name", ["Swish", "swish", "logistic", "SiLU", "log_sigmoid"])
def test_other_names_are_found(name) -> None:
    known = {"swish": SiLU, "logistic": Sigmoid, "silu": SiLU, "log_sigmoid": LogSigmoid}
    assert ops.find(name) is known[name.lower()]


@pytest.mark.parametrize(
    ("cls", "arguments", "told"),
    [
        (GELU, {"approximate": "erf"}, "unknown approximate 'erf'"),
        (SiLU, {"beta": float("nan")}, "finite beta, found nan"),
        (SiLU, {"beta": INF}, "finite beta, found inf"),
        (Softplus, {"beta": 0.0}, "beta other than 0, found 0.0"),
        (Softplus, {"beta": INF}, "beta other than 0, found inf"),
        (Softplus, {"beta": float("nan")}, "beta other than 0, found nan"),
    ],
)
def test_wrong_hyper_parameters_are_refused(cls, arguments, told) -> None:
    with pytest.raises(UsageError, match=told):
        cls(**arguments)
