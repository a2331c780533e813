"""Reshape."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count
from backprove.errors import ShapeError, UsageError
from backprove.op import Op


class Reshape(Op):
    """Another shape for each sample; the elements keep their row-major order.

    x (N, ...) -> y (N, *new_shape). The batch axis stays and is not named in `new_shape`
    (paddle.reshape and torch.reshape name all axes). One length may be -1: it is what is left.

    Any dtype; nothing is computed, so the gradient is exact and NaN and infinity stay as they are.
    Only the shape of x is kept for backward. Raises ShapeError if the lengths do not fit.

    Reference: the row-major order of the Array API standard, function `reshape`.
    """

    formula = r"y_{n, \pi(i)} = x_{n, i}"
    reference = "arrayapi"
    references = {  # noqa: RUF012
        "torch": "torch.reshape(x, (x.shape[0], *new_shape))",
        "jax": "jnp.reshape(x, (x.shape[0], *new_shape))",
        "paddle": "paddle.reshape(x, [x.shape[0], *new_shape])",
    }
    aux = ("x_shape",)

    def __init__(self, new_shape: Sequence[int]) -> None:
        self.new_shape = tuple(int(n) for n in new_shape)
        if self.new_shape.count(-1) > 1 or any(n < -1 for n in self.new_shape):
            raise UsageError(
                "Reshape expected lengths of 0 or more and at most one -1, found {found}",
                found=self.new_shape,
            )

    def forward(self, x: Array) -> Any:
        x_shape = shape_of(x)
        return namespace(x).reshape(x, self.shape(x_shape)), {"x_shape": x_shape}

    def backward(self, dy: Array, *, x_shape: tuple[int, ...]) -> Any:
        return namespace(dy).reshape(dy, x_shape)

    def definition(self, m: Any, x: Any) -> Any:
        return x.reshape(self.shape(x.shape))

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        size, known = prod(shapes[0][1:]), prod(n for n in self.new_shape if n != -1)
        left = size // known if known else 0
        found = tuple(left if n == -1 else n for n in self.new_shape)
        if not shapes[0] or prod(found) != size:
            raise ShapeError(
                "Reshape expected x of shape (N, ...) with samples that fit {expected}, "
                "found {found}: the numbers of elements must agree",
                expected=self.new_shape,
                found=shapes[0],
            )
        return (shapes[0][0], *found)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Nothing is computed."""
        return Cost(Count(), {"dx": Count()})

    CASES = (
        Case((normal(3, 4),), {"new_shape": (2, 2)}),
        Case((normal(2, 3, 4),), {"new_shape": (-1, 6)}),
        Case((normal(2, 1, 3),), {"new_shape": (3,)}),
        Case((normal(4, 1),), {"new_shape": ()}),
    )
