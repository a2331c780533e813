"""Flatten and Reshape: which shapes they give, keep and refuse; Linear on odd shapes."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.errors import ShapeError, UsageError
from backprove.ops import Flatten, Linear, Reshape

FLATTEN = [
    ((1, -1), (4, 2, 3), (4, 6)),
    ((0, -1), (4, 2, 3), (24,)),
    ((0, 0), (5,), (5,)),
    ((1, 1), (4, 2, 3), (4, 2, 3)),
    ((0, 1), (4, 2, 3), (8, 3)),
    ((-2, -1), (4, 2, 3), (4, 6)),
    ((-3, 1), (4, 2, 3), (8, 3)),
    ((1, -1), (0, 2, 3), (0, 6)),
    ((1, -1), (4, 0, 3), (4, 0)),
    ((1, -1), (4, 2), (4, 2)),
]
RESHAPE = [
    ((1, 28, 28), (3, 784), (3, 1, 28, 28)),
    ((-1,), (3, 4, 5), (3, 20)),
    ((2, -1, 5), (3, 4, 5), (3, 2, 2, 5)),
    ((), (3, 1), (3,)),
    ((6, -1), (0, 12), (0, 6, 2)),
    ((3, 0), (2, 0), (2, 3, 0)),
]


@pytest.mark.parametrize(("axes", "given", "expected"), FLATTEN)
def test_flatten_joins_neighbouring_axes(axes, given, expected) -> None:
    check_order_is_kept(Flatten(*axes), given, expected)


@pytest.mark.parametrize(("new_shape", "given", "expected"), RESHAPE)
def test_reshape_keeps_the_batch_axis(new_shape, given, expected) -> None:
    check_order_is_kept(Reshape(new_shape), given, expected)


def check_order_is_kept(op, given, expected) -> None:
    x = np.arange(np.prod(given), dtype=np.float32).reshape(given)
    y, saved = op.fwd(x)
    assert y.shape == expected == op.shape(given)
    np.testing.assert_array_equal(y.ravel(), x.ravel())
    (dx,), _ = op.bwd(saved, 2 * y)
    np.testing.assert_array_equal(dx, 2 * x)
    assert not any(isinstance(kept, np.ndarray) for kept in saved.values())


@pytest.mark.parametrize("x", [np.arange(6).reshape(2, 3), np.ones((2, 3), dtype=bool)])
def test_any_dtype_passes_unchanged(x) -> None:
    assert Flatten(0).fwd(x)[0].dtype == x.dtype
    assert Reshape((3, 1)).fwd(x)[0].dtype == x.dtype


def test_nan_and_infinity_pass() -> None:
    x = np.array([[[np.nan, np.inf], [-np.inf, -0.0]]])
    np.testing.assert_array_equal(Flatten().fwd(x)[0], [[np.nan, np.inf, -np.inf, -0.0]])


@pytest.mark.parametrize(
    ("op", "given"),
    [
        (Flatten(), (3,)),
        (Flatten(), ()),
        (Flatten(0, 3), (2, 2)),
        (Flatten(-3, -1), (2, 2)),
        (Flatten(2, -2), (2, 2, 2)),
        (Reshape((2, 3)), (4, 5)),
        (Reshape((-1, 3)), (4, 5)),
        (Reshape((-1, 0)), (4, 5)),
        (Reshape((1,)), ()),
        (Linear(3, 2), (4, 2)),
        (Linear(3, 2), ()),
    ],
)
def test_a_shape_that_does_not_fit_is_named(op, given) -> None:
    with pytest.raises(ShapeError, match=str(given).replace("(", r"\(").replace(")", r"\)")):
        op.fwd(np.zeros(given), **op.init())


@pytest.mark.parametrize(
    "build",
    [
        lambda: Flatten(2, 1),
        lambda: Flatten(-1, -2),
        lambda: Reshape((-1, -1)),
        lambda: Reshape((2, -3)),
        lambda: Linear(0, 3),
        lambda: Linear(3, -1),
    ],
)
def test_impossible_settings_are_refused(build) -> None:
    with pytest.raises(UsageError, match="found"):
        build()


def test_linear_of_an_empty_batch_has_zero_gradients() -> None:
    op = Linear(3, 2)
    y, saved = op.fwd(np.zeros((0, 3)), **op.init(dtype="float64"))
    (dx,), grads = op.bwd(saved, np.zeros((0, 2)))
    assert y.shape == (0, 2) and dx.shape == (0, 3)
    np.testing.assert_array_equal(grads["weight"], np.zeros((3, 2)))
    np.testing.assert_array_equal(grads["bias"], np.zeros(2))


def test_linear_without_input_gradient_gives_the_same_others() -> None:
    op, x = Linear(3, 2), np.arange(12.0).reshape(4, 3)
    _, saved = op.fwd(x, **op.init(dtype="float64"))
    dy = np.ones((4, 2))
    (dx,), grads = op.bwd(saved, dy, input_grad=False)
    assert dx is None
    for name, gradient in op.bwd(saved, dy)[1].items():
        np.testing.assert_array_equal(grads[name], gradient)
