"""LayerNorm, RMSNorm and BatchNorm1D where normalisations lose digits or overflow.

Expected values come from the definition with 700 digits, gradients from its Jacobian. The
tolerance is a few units in the last place of the result and of the terms that are added up in it.
"""

from __future__ import annotations

import jax
import mpmath
import numpy as np
import pytest

import support
from backprove.errors import ShapeError, UsageError
from backprove.ops import BatchNorm1D, LayerNorm, RMSNorm

ROWS = {
    "zeros": [0.0, 0.0, 0.0, 0.0, 0.0],
    "constant": [1234.567] * 5,
    "constant tenth": [0.1] * 5,
    "constant large": [1e8] * 5,
    "constant huge": [1e20] * 5,
    "constant largest": ["max"] * 5,
    "mean 1e4": [1e4, 1e4 + 1, 1e4 - 2, 1e4 + 0.5, 1e4 + 3],
    "mean 1e6": [1e6, 1e6 + 0.0625, 1e6 - 0.125, 1e6 + 0.5, 1e6 - 1],
    "mean 1e8": [1e8, 1e8 + 8, 1e8 - 8, 1e8 + 16, 1e8 + 64],
    "small": [1e-6, -1e-6, 2e-6, 0.0, -0.0],
    "tiny": [1e-30, -2e-30, 3e-30, 0.0, 1e-31],
    "denormal": ["denormal", "denormal", 0.0, "-denormal", 0.0],
    "ordinary": [0.5, -3.0, 6.0, 1.0, 20.5],
    "hundreds": [88.0, -700.0, 100.0, 20.0, 0.0],
    "one outlier": [1e10, 1.0, 2.0, 3.0, -4.0],
    "squares overflow": [1e20, 1.0, -3.0, 1e19, 2e20],
    "largest": ["max", "-max", "half", 0.0, "-half"],
    "one largest": ["max", 0.0, 0.0, 1.0, 0.0],
}
EPSILON = (1e-5, 1e-12, 0.1)
DY = np.array([1.0, 2.0, -3.0, 0.5, 1.5])
GAIN = np.array([0.5, -1.0, 2.0, 1.5, 1.0])
SHIFT = np.array([0.25, -0.5, 1.0, 0.0, 3.0])


def row(name: str, dtype: str):
    """The row's numbers in a dtype."""
    info = np.finfo(dtype)
    words = {"max": info.max, "half": info.max / 2, "denormal": info.smallest_subnormal}
    found = [
        (words[v.lstrip("-")] * (-1 if v.startswith("-") else 1)) if isinstance(v, str) else v
        for v in ROWS[name]
    ]
    return np.array(found, dtype=dtype)


def exact(x, g, epsilon: float, centre: bool):
    """xhat, dx, and the size of the terms of each, for one row and the gradient g of xhat."""
    with mpmath.workdps(700):
        values, up = [mpmath.mpf(float(v)) for v in x], [mpmath.mpf(float(v)) for v in g]
        n = len(values)
        mean = sum(values) / n if centre else mpmath.mpf(0)
        d = [v - mean for v in values]
        s = mpmath.sqrt(sum(v * v for v in d) / n + mpmath.mpf(epsilon))
        xhat = [v / s for v in d]
        share = mpmath.mpf(1) / n if centre else 0

        def jacobian(j, i):
            return ((1 if i == j else 0) - share) / s - xhat[j] * xhat[i] / (n * s)

        dx = [sum(up[j] * jacobian(j, i) for j in range(n)) for i in range(n)]
        slope = [v * u for v, u in zip(xhat, up, strict=True)]
        size = [
            (abs(up[i]) + share * sum(map(abs, up)) + abs(xhat[i]) * sum(map(abs, slope)) / n) / s
            for i in range(n)
        ]
        largest = max(map(abs, xhat))
        return *(np.array([float(v) for v in found]) for found in (xhat, dx, size)), float(largest)


def check(found, expected, terms, dtype: str, epsilon: float = 1e-5) -> None:
    """Within 8 units of |expected| + terms, and the smallest step of x after normalising."""
    tolerance = 8 * support.UNIT[dtype] * (np.abs(expected) + terms)
    tolerance += 2 * float(np.finfo(dtype).smallest_subnormal) / epsilon**0.5
    excess = np.abs(np.asarray(found, dtype=np.float64) - expected) - tolerance
    assert np.all(excess <= 0), f"{found} against {expected}, beyond by {excess.max()}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("epsilon", EPSILON)
@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("cls", [LayerNorm, RMSNorm])
def test_rows_are_right_to_the_last_digits(cls, name, epsilon, dtype) -> None:
    op = cls(5, epsilon=epsilon)
    values = {"weight": GAIN.astype(dtype)}
    shift = np.zeros(5)
    if cls is LayerNorm:
        shift = SHIFT
        values["bias"] = SHIFT.astype(dtype)
    x, dy = row(name, dtype), DY.astype(dtype)
    xhat, dx, size, largest = exact(x, DY * GAIN, epsilon, centre=cls is LayerNorm)
    y, saved = op.fwd(x, **values)
    (found,), grads = op.bwd(saved, dy)
    check(y, xhat * GAIN + shift, largest * np.abs(GAIN) + np.abs(shift), dtype, epsilon)
    check(found, dx, size, dtype, epsilon)
    check(grads["weight"], DY * xhat, np.abs(DY) * largest, dtype, epsilon)
    if cls is LayerNorm:
        np.testing.assert_array_equal(grads["bias"], dy)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [name for name in ROWS if name.startswith(("constant", "zeros"))])
def test_a_constant_row_gives_exactly_the_bias(name, dtype) -> None:
    x, bias = row(name, dtype), SHIFT.astype(dtype)
    y, _ = LayerNorm(5).fwd(x, weight=GAIN.astype(dtype), bias=bias)
    np.testing.assert_array_equal(y, bias)
    op = BatchNorm1D(1)
    y, _ = op.fwd(x[:, None], **op.init(dtype=dtype) | {"bias": bias[:1]}, training=True)
    np.testing.assert_array_equal(y, np.full((5, 1), bias[0]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ROWS)
def test_features_of_a_batch_are_right_to_the_last_digits(name, dtype) -> None:
    op = BatchNorm1D(2)
    x = np.stack([row(name, dtype), row("ordinary", dtype)], axis=1)
    values = op.init(dtype=dtype) | {"weight": GAIN[:2].astype(dtype)}
    dy = np.stack([DY, DY[::-1]], axis=1)
    with np.errstate(over="ignore"):
        y, saved = op.fwd(x, **values, training=True)
    (dx,), grads = op.bwd(saved, dy.astype(dtype))
    for i in range(2):
        xhat, expected, size, largest = exact(x[:, i], dy[:, i] * GAIN[i], 1e-5, centre=True)
        check(y[:, i], xhat * GAIN[i], largest, dtype)
        check(dx[:, i], expected, size, dtype)
        check(grads["weight"][i], xhat @ dy[:, i], np.abs(dy[:, i]).sum() * largest, dtype)
        check(grads["bias"][i], dy[:, i].sum(), np.abs(dy[:, i]).sum(), dtype)


@pytest.mark.parametrize("name", [name for name in ROWS if name not in ("tiny", "denormal")])
@pytest.mark.parametrize("cls", [LayerNorm, RMSNorm])
def test_compiled_rows_are_right_to_the_last_digits(cls, name) -> None:
    op, x = cls(5, affine=False), row(name, "float32")

    @jax.jit
    def run(x, dy):
        y, saved = op.fwd(x)
        return y, op.bwd(saved, dy)[0][0]

    y, found = run(x, DY.astype(np.float32))
    xhat, dx, size, largest = exact(x, DY, 1e-5, centre=cls is LayerNorm)
    check(y, xhat, largest, "float32")
    flushed = float(np.finfo(np.float32).tiny)
    check(found, dx, size + flushed / support.UNIT["float32"], "float32")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("cls", [LayerNorm, RMSNorm])
def test_half_precision_rounds_once_over_its_whole_range(cls, dtype) -> None:
    op = cls(5, affine=False)
    top = 65504.0 if dtype == "float16" else 3.3895e38
    rows = [[top, -top, top / 2, 0.0, 3.0], [300.0, -300.0, 1.0, 0.0, 2.0], [1e-3] * 5, [top] * 5]
    for numbers in rows:
        x = support._as(numbers, dtype)
        y, saved = op.fwd(x)
        xhat, dx, size, _ = exact(x.astype(np.float64), DY, 1e-5, centre=cls is LayerNorm)
        support.close(y, xhat, dtype, terms=2.0**-10, k=1.5)
        found = np.asarray(op.bwd(saved, support._as(DY, dtype))[0][0], dtype=np.float64)
        unit = support.UNIT[dtype] * (np.abs(dx) + 2.0**-10 * size) + 2.0**-24
        assert np.all(np.abs(found - dx) <= 1.5 * unit)


@pytest.mark.parametrize("epsilon", [1e-12, 1e-5])
def test_float16_zeros_with_an_epsilon_below_its_range(epsilon) -> None:
    x = np.zeros((2, 4), dtype=np.float16)
    np.testing.assert_array_equal(LayerNorm(4, epsilon, affine=False).fwd(x)[0], x)
    np.testing.assert_array_equal(RMSNorm(4, epsilon, affine=False).fwd(x)[0], x)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_spoil_their_row_only(bad) -> None:
    x = np.array([[1.0, bad, 2.0], [1.0, 2.0, 4.0]])
    for op in (LayerNorm(3, affine=False), RMSNorm(3, affine=False)):
        with np.errstate(invalid="ignore"):
            y, saved = op.fwd(x)
            (dx,), _ = op.bwd(saved, np.ones((2, 3)))
        assert np.isnan(y[0, 1]) and np.isfinite(y[1]).all()
        assert np.isnan(dx[0]).all() and np.isfinite(dx[1]).all()
    op = BatchNorm1D(2, affine=False)
    with np.errstate(invalid="ignore"):
        y, _ = op.fwd(x.T, **op.init(dtype="float64"), training=True)
    assert np.isnan(y[1, 0]) and np.isfinite(y[:, 1]).all()


@pytest.mark.parametrize("library", ["torch", "paddle", "jax"])
@pytest.mark.parametrize("cls", [LayerNorm, RMSNorm])
def test_the_measured_rows_of_the_frameworks(cls, library) -> None:
    x = np.array([[1.0, 2.0, 4.0], [3.0, 3.0, 3.0]])
    dy = np.tile([1.0, 2.0, 3.0], (2, 1))
    op = cls(3, epsilon=2.0**-17)
    values = op.init(dtype="float64")
    found = support.ask(library).evaluate(
        cls.references[library],
        {"bias": None} | {"x": x} | values,
        {"normalized_shape": (3,), "epsilon": op.epsilon},
        dy,
    )
    y, saved = op.fwd(x, **values)
    np.testing.assert_allclose(y, found["y"], rtol=1e-12, atol=1e-14)
    (dx,), _ = op.bwd(saved, dy)
    np.testing.assert_allclose(dx, found["gradients"]["x"], rtol=1e-11, atol=1e-13)


def test_the_gain_is_part_of_the_input_gradient() -> None:
    x, dy = np.array([[1.0, 2.0, 4.0]]), np.array([[1.0, 1.0, 1.0]])
    for cls in (LayerNorm, RMSNorm):
        op = cls(3)
        gains = {
            name: op.bwd(op.fwd(x, **op.init(dtype="float64") | {"weight": w})[1], dy)[0][0]
            for name, w in (("one", np.ones(3)), ("other", np.array([1.0, 2.0, 3.0])))
        }
        assert not np.allclose(gains["one"], gains["other"])


@pytest.mark.parametrize(
    "build",
    [
        lambda: LayerNorm(0),
        lambda: LayerNorm(()),
        lambda: LayerNorm((3, -1)),
        lambda: LayerNorm(3, epsilon=0.0),
        lambda: LayerNorm(3, epsilon=float("nan")),
        lambda: RMSNorm(3, epsilon=-1e-5),
        lambda: RMSNorm(3, epsilon=float("inf")),
        lambda: BatchNorm1D(0),
        lambda: BatchNorm1D(3, momentum=1.1),
        lambda: BatchNorm1D(3, momentum=-0.1),
        lambda: BatchNorm1D(3, epsilon=0.0),
    ],
)
def test_impossible_settings_are_refused(build) -> None:
    with pytest.raises(UsageError, match="found"):
        build()


@pytest.mark.parametrize(
    ("op", "given"),
    [
        (LayerNorm(3), (2, 4)),
        (LayerNorm((2, 3)), (3,)),
        (LayerNorm(3), ()),
        (RMSNorm((2, 3)), (3, 2)),
        (BatchNorm1D(3), (4, 2)),
        (BatchNorm1D(3), (3,)),
        (BatchNorm1D(3), (2, 3, 4, 5)),
    ],
)
def test_a_shape_that_does_not_fit_is_named(op, given) -> None:
    with pytest.raises(ShapeError, match="found"):
        op.fwd(np.zeros(given), **op.init())


def test_an_empty_batch_normalises_to_nothing() -> None:
    for op in (LayerNorm(3), RMSNorm(3), BatchNorm1D(3)):
        y, saved = op.fwd(np.zeros((0, 3)), **op.init(dtype="float64"))
        (dx,), grads = op.bwd(saved, np.zeros((0, 3)))
        assert y.shape == dx.shape == (0, 3)
        np.testing.assert_array_equal(grads["weight"], np.zeros(3))
