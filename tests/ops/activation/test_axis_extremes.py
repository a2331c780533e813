"""Softmax, LogSoftmax, Maxout and GLU at the ends of a dtype, at ties, NaN and infinity.

Tolerances are k u (|exact| + S), S the size of the terms of the formula.
"""

from __future__ import annotations

import numpy as np
import pytest

import support
from backprove.errors import ShapeError, UsageError
from backprove.ops.activation.glu import GLU
from backprove.ops.activation.log_softmax import LogSoftmax
from backprove.ops.activation.maxout import Maxout
from backprove.ops.activation.softmax import Softmax
from backprove.oracle import exact
from backprove.oracle.wire import numpy_dtype

INF = float("inf")
NAN = float("nan")
MAX32, MAX64 = float(np.finfo("float32").max), float(np.finfo("float64").max)
ROWS = (
    [1000.0, 0.0, -1000.0],
    [-100.0, 0.0],
    [-64.5, 0.0],
    [50.0, 0.0],
    [20.5, 20.5, -700.0],
    [0.0, 0.0, 0.0],
    [0.0, -0.0, 1e-6],
    [1e20, 0.0, -1e20],
    [88.72284],
    [-1e4, -1e4 - 3.0, -1e4 - 88.0],
    [MAX32 / 2, MAX32, 0.0, -MAX32],
    [5e-324, 1e-45, 0.0],
)
EVERY_ROW = pytest.mark.parametrize("row", ROWS, ids=str)


@pytest.fixture(autouse=True)
def _many_digits(monkeypatch):
    monkeypatch.setattr(exact, "DIGITS", 450)


def run(op, x, dy):
    """Value and gradient."""
    y, saved = op.fwd(x)
    return y, op.bwd(saved, dy)[0][0]


def truth(op, x, dy):
    """Value and gradient of the definition."""
    wide = x.astype(np.float64)
    gradient = exact.gradients(op, dy.astype(np.float64), wide)[0][0]
    return exact.to_float(exact.evaluate(op, wide)), exact.to_float(gradient)


def upstream(shape, dtype):
    """Signed numbers of different size."""
    return np.random.default_rng(7).standard_normal(shape).astype(dtype)


def near(found, expected, terms, dtype, k=8.0):
    least = float(np.finfo(dtype).smallest_subnormal)
    assert found.dtype == dtype
    excess = np.abs(found - expected) - k * support.UNIT[dtype] * (np.abs(expected) + terms)
    assert np.all(excess <= 4 * least), f"{found} against {expected}"


@EVERY_ROW
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_softmax_is_exact_to_rounding(row, dtype) -> None:
    x = np.array(row, dtype)
    dy = upstream(x.shape, dtype)
    y, dx = run(Softmax(), x, dy)
    value, gradient = truth(Softmax(), x, dy)
    distance = np.minimum(np.abs(x.astype(np.float64) - np.max(x)), 1000.0)
    near(y, value, value * distance + value * np.sum(value * distance), dtype)
    size = value * (np.abs(dy) + np.sum(np.abs(dy) * value))
    near(dx, gradient, size * (1 + distance), dtype)


@EVERY_ROW
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_softmax_is_exact_to_rounding(row, dtype) -> None:
    if max(row) - min(row) > float(np.finfo(dtype).max):
        row = row[:-1]
    x = np.array(row, dtype)
    dy = upstream(x.shape, dtype)
    y, dx = run(LogSoftmax(), x, dy)
    value, gradient = truth(LogSoftmax(), x, dy)
    shifted = np.maximum(x.astype(np.float64) - np.max(x), -1000.0)
    near(y, value, np.sum(np.abs(shifted) * np.exp(shifted)), dtype)
    p = np.exp(np.maximum(value, -1000.0))
    near(dx, gradient, np.abs(dy) + p * (1 + np.abs(shifted)) * np.sum(np.abs(dy)), dtype)


def test_softmax_of_the_largest_numbers_neither_overflows_nor_warns() -> None:
    for dtype, top in (("float32", MAX32), ("float64", MAX64)):
        y, dx = run(Softmax(), np.array([top, -top], dtype), np.array([1, -1], dtype))
        np.testing.assert_array_equal(y, [1, 0])
        np.testing.assert_array_equal(dx, [0, 0])


def test_log_softmax_keeps_the_digits_of_a_decided_row() -> None:
    y = LogSoftmax().fwd(np.array([[50.0, 0.0], [800.0, 400.0]]))[0]
    np.testing.assert_allclose(y[:, 0], [-np.exp(-50.0), -np.exp(-400.0)], rtol=1e-15)


@pytest.mark.parametrize("op", [Softmax(), LogSoftmax()], ids=repr)
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_entries_of_minus_infinity_take_no_part(op, dtype) -> None:
    kind = numpy_dtype(dtype)
    x, dy = np.array([1.0, -INF, 3.0]).astype(kind), np.array([0.5, 2.0, -1.0]).astype(kind)
    y, dx = run(op, x, dy)
    log = isinstance(op, LogSoftmax)
    assert float(y[1]) == (-INF if log else 0.0) and float(dx[1]) == (2.0 if log else 0.0)
    kept = np.array([0, 2])
    alone, _ = run(op, x[kept], dy[kept])
    np.testing.assert_array_equal(y[kept].astype(np.float64), alone.astype(np.float64))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_a_single_infinity_is_certain(dtype) -> None:
    x = np.array([[1.0, INF, -INF], [INF, 88.0, -1e4]]).astype(numpy_dtype(dtype))
    dy = np.array([[1.0, 2.0, 4.0]] * 2).astype(x.dtype)
    y, dx = run(Softmax(), x, dy)
    np.testing.assert_array_equal(y.astype(float), [[0, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(dx.astype(float), np.zeros((2, 3)))
    y, dx = run(LogSoftmax(), x, dy)
    np.testing.assert_array_equal(y.astype(float), [[-INF, 0, -INF], [0, -INF, -INF]])
    np.testing.assert_array_equal(dx.astype(float), [[1, -5, 4], [-6, 2, 4]])


NO_LIMIT = ([NAN, 1.0, 2.0], [NAN, INF, 1.0], [INF, 1.0, INF], [-INF, -INF, -INF])
WITHOUT_LIMIT = pytest.mark.parametrize("row", NO_LIMIT, ids=str)


@pytest.mark.parametrize("op", [Softmax(), LogSoftmax()], ids=repr)
@WITHOUT_LIMIT
def test_rows_without_a_limit_are_nan_and_leave_the_others_alone(op, row) -> None:
    x = np.array([row, [1.0, 2.0, 3.0]])
    with np.errstate(invalid="ignore"):
        y, dx = run(op, x, np.ones_like(x))
    assert np.all(np.isnan(y[0])) and np.all(np.isnan(dx[0]))
    np.testing.assert_array_equal(y[1], op.fwd(x[1])[0])


@pytest.mark.parametrize("library", ["torch", "jax", "paddle"])
@WITHOUT_LIMIT
def test_the_frameworks_agree_that_these_rows_are_nan(library, row) -> None:
    found = support.ask(library).evaluate(
        Softmax.references[library], {"x": np.array(row)}, {"axis": -1}
    )
    assert np.all(np.isnan(found["y"]))


def test_a_constant_upstream_gradient_goes_nowhere_through_softmax() -> None:
    x = upstream((5, 7), "float64")
    np.testing.assert_allclose(run(Softmax(), x, np.ones_like(x))[1], 0.0, atol=2.0**-52)


def test_ties_of_maxout_share_the_gradient() -> None:
    x = np.array([[2.0, 2.0, 1.0, -1.0, -0.0, 0.0], [-INF, -INF, 3.0, INF, INF, INF]])
    y, dx = run(Maxout(3), x, np.array([[6.0, 4.0], [1.0, 9.0]]))
    np.testing.assert_array_equal(y, [[2.0, 0.0], [3.0, INF]])
    np.testing.assert_array_equal(dx, [[3, 3, 0, 0, 2, 2], [0, 0, 1, 3, 3, 3]])


@pytest.mark.parametrize("library", ["torch", "jax", "paddle"])
def test_ties_of_maxout_are_those_of_the_frameworks(library) -> None:
    x, dy = np.array([2.0, 2.0, 1.0, -1.0, 0.0, 0.0]), np.array([6.0, 4.0])
    found = support.ask(library).evaluate(
        Maxout.references[library], {"x": x}, {"axis": -1, "pieces": 3}, dy
    )
    np.testing.assert_array_equal(run(Maxout(3), x, dy)[1], found["gradients"]["x"])


def test_paddle_maxout_takes_the_same_neighbours() -> None:
    x = upstream((2, 6, 3, 4), "float64")
    for axis in (1, -1):
        found = support.ask("paddle").evaluate(
            "F.maxout(x, pieces, axis)", {"x": x}, {"axis": axis, "pieces": 2}
        )
        np.testing.assert_array_equal(Maxout(2, axis).fwd(x)[0], found["y"])


def test_nan_is_the_largest_for_maxout() -> None:
    y, dx = run(Maxout(2), np.array([NAN, 1.0, 3.0, 2.0]), np.array([4.0, 5.0]))
    np.testing.assert_array_equal(y, [NAN, 3.0])
    np.testing.assert_array_equal(dx, [2.0, 2.0, 5.0, 0.0])


def gates(dtype):
    """Values of the gate: ordinary, at the ends of exp, and huge; both signs."""
    info = np.finfo(dtype)
    b = [
        0,
        info.smallest_subnormal,
        info.tiny,
        1e-6,
        0.5,
        1,
        3,
        6,
        10,
        20,
        20.5,
        88,
        89,
        100,
        700,
        709,
    ]
    b = np.array([*b, 1e4, 1e20, info.max], dtype)
    return np.concatenate([b, -b])


@pytest.mark.parametrize("a", [1.0, -2.0, 1e-30, 1e30])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_glu_is_exact_to_rounding(a, dtype) -> None:
    b = gates(dtype)
    x = np.concatenate([np.full_like(b, a), b])
    dy = np.ones_like(b)
    y, dx = run(GLU(), x, dy)
    wide = x.astype(np.float64)
    value = exact.to_float(exact.evaluate(GLU(), wide))
    near(y, value, 0.0, dtype)
    near(dx, np.concatenate([_sigmoid(b), _slope(x[: len(b)], b)]), 0.0, dtype)


def _sigmoid(b):
    """The logistic function at 450 digits."""
    return exact.to_float(exact.evaluate(GLU(), np.concatenate([np.ones(len(b)), b.astype(float)])))


def _slope(a, b):
    """a sigmoid(b) (1 - sigmoid(b)) at 450 digits, row by row: each is moved alone."""
    rows = np.stack([a, b], axis=1).astype(np.float64)
    gradients = [exact.gradients(GLU(), np.ones(1), row)[0][0] for row in rows]
    return exact.to_float(np.stack(gradients))[:, 1]


def test_the_gate_of_glu_at_its_ends() -> None:
    x = np.array([[3.0, -INF], [3.0, INF], [NAN, 1.0], [3.0, NAN]])
    y, dx = run(GLU(), x, np.ones((4, 1)))
    np.testing.assert_array_equal(y, [[0], [3], [NAN], [NAN]])
    np.testing.assert_array_equal(dx[:2], [[0, 0], [1, 0]])
    np.testing.assert_array_equal(np.isnan(dx[2:]), [[False, True], [True, True]])


@pytest.mark.parametrize(
    ("op", "shape", "told"),
    [
        (Softmax(2), (3, 4), "Softmax works along axis 2"),
        (Softmax(), (), "Softmax works along axis -1"),
        (LogSoftmax(-3), (3, 4), "LogSoftmax works along axis -3"),
        (LogSoftmax(0), (0, 4), "LogSoftmax expected entries along axis 0"),
        (Maxout(3), (2, 4), "Maxout expected a multiple of 3 entries"),
        (Maxout(2, 1), (4,), "Maxout works along axis 1"),
        (GLU(), (2, 5), "GLU expected a multiple of 2 entries"),
        (GLU(1), (2, 0), "GLU expected entries along axis 1"),
    ],
)
def test_wrong_shapes_are_refused_by_forward_and_shape(op, shape, told) -> None:
    with pytest.raises(ShapeError, match=told):
        op.fwd(np.zeros(shape))
    with pytest.raises(ShapeError, match=told):
        op.shape(shape)


@pytest.mark.parametrize("pieces", [0, -1])
def test_maxout_needs_pieces(pieces) -> None:
    with pytest.raises(UsageError, match="one or more pieces"):
        Maxout(pieces)


@pytest.mark.parametrize("op", [Softmax(), LogSoftmax(1), Maxout(2), GLU()], ids=repr)
def test_no_rows_at_all(op) -> None:
    y, dx = run(op, np.zeros((0, 4)), np.zeros(op.shape((0, 4))))
    assert y.shape == op.shape((0, 4)) and dx.shape == (0, 4)
