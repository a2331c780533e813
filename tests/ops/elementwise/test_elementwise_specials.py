"""The elementwise operators at zeros, infinities and NaN, where shapes stretch, and refusals."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import support
from backprove import messages, ops
from backprove.errors import DTypeError, ShapeError

INF, NAN = float("inf"), float("nan")
BINARY = ("Add", "Subtract", "Multiply", "Divide", "Power")
LIBRARIES = pytest.mark.parametrize("library", ["numpy", "jax", "torch", "paddle"])

# Operator, inputs, (value, gradient of each input). FINITE must not warn.
FINITE = [
    ("Exp", (-INF,), (0.0, 0.0)),
    ("Exp", (INF,), (INF, INF)),
    ("Exp", (NAN,), (NAN, NAN)),
    ("Log", (INF,), (INF, 0.0)),
    ("Log", (NAN,), (NAN, NAN)),
    ("Divide", (0.0, 2.0), (0.0, 0.5, 0.0)),
    ("Divide", (3.0, INF), (0.0, 0.0, 0.0)),
    ("Divide", (1e-30, 1e-30), (1.0, 1e30, -1e30)),
    ("Multiply", (0.0, 3.0), (0.0, 3.0, 0.0)),
    ("Multiply", (NAN, 0.0), (NAN, 0.0, NAN)),
    ("Add", (INF, 1.0), (INF, 1.0, 1.0)),
    ("Subtract", (NAN, 1.0), (NAN, 1.0, -1.0)),
    ("Power", (0.0, 0.0), (1.0, 0.0, 0.0)),
    ("Power", (0.0, 1.0), (0.0, 1.0, 0.0)),
    ("Power", (0.0, 2.0), (0.0, 0.0, 0.0)),
    ("Power", (-0.0, 2.0), (0.0, 0.0, 0.0)),
    ("Power", (0.0, INF), (0.0, 0.0, 0.0)),
    ("Power", (3.0, 0.0), (1.0, 0.0, np.log(3.0))),
    ("Power", (-3.0, 0.0), (1.0, 0.0, NAN)),
    ("Power", (-2.0, 2.0), (4.0, -4.0, NAN)),
    ("Power", (-2.0, 3.0), (-8.0, 12.0, NAN)),
    ("Power", (-2.0, -1.0), (-0.5, -0.25, NAN)),
    ("Power", (-1.0, 2.0**24 + 2), (1.0, -(2.0**24) - 2, NAN)),
    ("Power", (-1.0, 2.0**24 - 1), (-1.0, 2.0**24 - 1, NAN)),
    ("Power", (NAN, 0.0), (1.0, 0.0, NAN)),
    ("Power", (NAN, 2.0), (NAN, NAN, NAN)),
    ("Power", (2.0, NAN), (NAN, NAN, NAN)),
    ("Power", (1.0, NAN), (1.0, NAN, 0.0)),
    ("Power", (INF, 2.0), (INF, INF, INF)),
    ("Power", (INF, 0.5), (INF, 0.0, INF)),
    ("Power", (INF, 0.0), (1.0, 0.0, INF)),
    ("Power", (INF, -1.0), (0.0, 0.0, 0.0)),
    ("Power", (0.5, INF), (0.0, 0.0, 0.0)),
    ("Power", (2.0, INF), (INF, INF, INF)),
    ("Power", (2.0, -INF), (0.0, 0.0, 0.0)),
    ("Power", (0.5, -INF), (INF, -INF, -INF)),
    ("Power", (1.0, INF), (1.0, INF, 0.0)),
]
# The value or a gradient is infinite or NaN though the inputs are finite.
SINGULAR = [
    ("Log", (0.0,), (-INF, INF)),
    ("Log", (-0.0,), (-INF, INF)),
    ("Log", (-2.0,), (NAN, -0.5)),
    ("Divide", (1.0, 0.0), (INF, INF, -INF)),
    ("Divide", (0.0, 0.0), (NAN, INF, NAN)),
    ("Divide", (INF, INF), (NAN, 0.0, NAN)),
    ("Multiply", (0.0, INF), (NAN, INF, 0.0)),
    ("Add", (INF, -INF), (NAN, 1.0, 1.0)),
    ("Power", (0.0, 0.5), (0.0, INF, 0.0)),
    ("Power", (0.0, -1.0), (INF, -INF, -INF)),
    ("Power", (-2.0, 0.5), (NAN, NAN, NAN)),
]


def run(name, inputs, library="numpy", dtype="float32"):
    """Output and input gradients for an upstream gradient of ones."""
    inputs = [np.asarray(x, dtype) for x in inputs]
    op = ops.operator(name)
    dy = np.ones(op.shape(*(x.shape for x in inputs)), dtype)
    if library in ("torch", "paddle"):
        found = support.ask(library).ask(
            "run_operator", name=name, arguments={}, inputs=inputs, values={}, dy=dy
        )
        return found["y"], *found["inputs"]
    if library == "jax":
        inputs, dy = [jnp.asarray(x) for x in inputs], jnp.asarray(dy)
    y, saved = op.fwd(*inputs)
    return y, *op.bwd(saved, dy)[0]


@LIBRARIES
@pytest.mark.parametrize(("name", "inputs", "expected"), [*FINITE, *SINGULAR])
def test_special_values(name, inputs, expected, library) -> None:
    """40 of each, so that vector and scalar code both see it. Paddle's exp(-inf) is 2.9e-39."""
    atol = float(np.finfo(np.float32).tiny) if library == "paddle" else 0.0
    warns = "ignore" if (name, inputs, expected) in SINGULAR else "warn"
    with np.errstate(all=warns):
        found = run(name, [np.full(40, x) for x in inputs], library)
    for part, value in zip(found, expected, strict=True):
        np.testing.assert_allclose(part, np.full(40, value, np.float32), rtol=1e-6, atol=atol)


@pytest.mark.parametrize("library", ["torch", "paddle"])
def test_power_has_the_conventions_of_the_frameworks(library) -> None:
    """All but the sign of the slope of (-1)**b for b beyond 2 / epsilon, where they err."""
    a = np.array([0, 0, 0, 0, 0, -2, -2, -2, 1, NAN, INF, -1])
    b = np.array([0, 0.5, 1, 2, -1, 0, 2, 3, NAN, 0, 0, 2.0**53 + 2])
    theirs = support.ask(library).evaluate(
        f"{library}.pow(a, b)", {"a": a, "b": b}, dy=np.ones_like(a)
    )
    with np.errstate(all="ignore"):
        y, da, db = run("Power", [a, b], dtype="float64")
    np.testing.assert_array_equal(y, theirs["y"])
    np.testing.assert_array_equal(da[:-1], theirs["gradients"]["a"][:-1])
    assert da[-1] == -theirs["gradients"]["a"][-1] == -(2.0**53 + 2)
    np.testing.assert_array_equal(db, theirs["gradients"]["b"])


SHAPES = [
    ((), ()),
    ((), (3,)),
    ((3,), ()),
    ((1,), (2, 1)),
    ((2, 3), (2, 3)),
    ((4, 1, 3), (2, 1)),
    ((2, 3), (4, 2, 3)),
    ((0, 3), (3,)),
    ((1,), (0,)),
    ((2, 0), (1, 1)),
]


@pytest.mark.parametrize(("left", "right"), SHAPES)
@pytest.mark.parametrize("name", BINARY)
def test_gradients_are_summed_over_stretched_axes(name, left, right) -> None:
    rng = np.random.default_rng(5)
    a, b = (np.asarray(rng.uniform(0.5, 2.0, shape)) for shape in (left, right))
    y, da, db = run(name, [a, b], dtype="float64")
    full_a, full_b = np.broadcast_arrays(a, b)
    full_y, full_da, full_db = run(name, [full_a, full_b], dtype="float64")
    np.testing.assert_array_equal(y, full_y)
    for found, full, shape in ((da, full_da, left), (db, full_db, right)):
        padded = (1,) * (full.ndim - len(shape)) + shape
        by_hand = np.zeros(padded)
        for index in np.ndindex(full.shape):
            place = tuple(0 if n == 1 else i for i, n in zip(index, padded, strict=True))
            by_hand[place] += full[index]
        assert np.shape(found) == shape
        np.testing.assert_allclose(found, by_hand.reshape(shape), rtol=1e-13)


def test_only_shapes_are_kept_where_shapes_suffice() -> None:
    for name in ("Add", "Subtract"):
        _, saved = ops.operator(name).fwd(np.ones((2, 3)), np.ones(3))
        assert saved == {"a_shape": (2, 3), "b_shape": (3,)}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((2, 3), (3, 4)),
        ((3,), (3, 4)),
        ((2, 3), (3,)),
        ((3,), (3,)),
        ((5, 1, 2, 3), (4, 3, 2)),
        ((3,), (4, 3, 2)),
        ((4, 2, 3), (3,)),
        ((2, 2, 3), (3, 4)),
        ((2, 3), (4, 3, 2)),
        ((0, 3), (3, 4)),
        ((2, 0), (0, 4)),
        ((0,), (0,)),
        ((0, 2, 3), (3, 1)),
    ],
)
def test_matmul_against_written_loops(left, right) -> None:
    rng = np.random.default_rng(6)
    a, b = rng.standard_normal(left), rng.standard_normal(right)
    op = ops.operator("MatMul")
    y, saved = op.fwd(a, b)
    np.testing.assert_array_equal(y, np.matmul(a, b))
    assert np.shape(y) == op.shape(left, right)
    dy = rng.standard_normal(np.shape(y))
    (da, db), _ = op.bwd(saved, dy)
    assert np.shape(da) == left and np.shape(db) == right
    for found, x, other in ((da, a, lambda v: (v, b)), (db, b, lambda v: (a, v))):
        for index in np.ndindex(x.shape):
            unit = np.zeros_like(x)
            unit[index] = 1.0
            expected = np.sum(dy * np.matmul(*other(unit)))
            np.testing.assert_allclose(found[index], expected, rtol=1e-12, atol=1e-13)


def test_matmul_spreads_nan_along_a_row_and_a_column_only() -> None:
    a, b = np.ones((2, 2)), np.ones((2, 2))
    a[0, 1] = NAN
    y, da, db = run("MatMul", [a, b], dtype="float64")
    np.testing.assert_array_equal(np.isnan(y), [[True, True], [False, False]])
    assert not np.isnan(da).any()
    np.testing.assert_array_equal(np.isnan(db), [[False, False], [True, True]])


@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        *((name, (2, 3), (4,)) for name in BINARY),
        ("MatMul", (2, 3), (4, 2)),
        ("MatMul", (3,), (4,)),
        ("MatMul", (), (4,)),
        ("MatMul", (4,), ()),
        ("MatMul", (2, 2, 3), (3, 3, 2)),
    ],
)
def test_shapes_that_do_not_go_together(name, left, right) -> None:
    with pytest.raises(ShapeError) as caught:
        ops.operator(name).fwd(np.ones(left), np.ones(right))
    assert str(left) in str(caught.value) or "MatMul" in str(caught.value)
    assert caught.value.template in messages.chinese()


@pytest.mark.parametrize("name", [*BINARY, "MatMul"])
def test_both_inputs_are_arrays_of_one_library(name) -> None:
    with pytest.raises(DTypeError, match="expected an array for b, found float") as caught:
        ops.operator(name).fwd(np.ones(2), 2.0)
    assert caught.value.template in messages.chinese()
    with pytest.raises(DTypeError, match="one library"):
        ops.operator(name).fwd(np.ones(2), jnp.ones(2))
