"""Softmax."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.activation._axis import axis_of


class Softmax(Op):
    """Positive numbers that sum to 1 along an axis.

    y_k = exp(x_k) / sum_j exp(x_j), the sum along `axis`; any floating dtype, y of the shape of x.
    dx = y (dy - sum_j dy_j y_j).

    The largest entry is subtracted first, so nothing overflows, whatever the distance of the
    entries. Smooth everywhere. At infinity it is the limit: an entry of -infinity gets 0, a single
    infinity gets 1 (PyTorch, JAX and Paddle give NaN), both with the gradient 0. Rows without a
    limit, of several infinities or of nothing but -infinity, are NaN, and so are rows with NaN.

    Raises ShapeError if x has no such axis or nothing along it.

    Reference: Bridle, "Probabilistic interpretation of feedforward classification network
    outputs", 1990.
    """

    limits_at_infinity = True
    formula = r"y_k = \frac{e^{x_k}}{\sum_j e^{x_j}}"
    reference = "bridle1990"
    references = {  # noqa: RUF012
        "torch": "F.softmax(x, axis)",
        "jax": "nn.softmax(x, axis)",
        "paddle": "F.softmax(x, axis)",
    }

    def __init__(self, axis: int = -1) -> None:
        self.axis = int(axis)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        self.shape(shape_of(x))
        top = xp.max(x, axis=self.axis, keepdims=True)
        largest = x == top
        floor = xp.where(top > 1000, xp.zeros_like(top), -inf)
        lower = xp.where(largest, floor, xp.maximum(x, floor))
        exps = xp.where(largest, 1.0, xp.exp(lower - top))
        total = xp.sum(exps, axis=self.axis, keepdims=True)
        return exps / xp.where(xp.isinf(top) & (total > 1), nan, total)

    def backward(self, dy: Array, *, y: Array) -> Any:
        return y * (dy - namespace(y).sum(dy * y, axis=self.axis, keepdims=True))

    def definition(self, m: Any, x: Any) -> Any:
        exps = m.exp(x)
        return exps / m.sum(exps, axis=self.axis, keepdims=True)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        axis_of("Softmax", self.axis, shapes[0])
        return shapes[0]

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per row of K: 3K - 1 operations and K exponentials forward, 4K - 1 backward.

        The K - 1 comparisons for the largest entry come with 4K + 6 for rows near infinity.
        """
        k = shapes[0][self.axis]
        rows = elements(shapes[0]) // k
        forward = Count(flop=3 * k - 1, cheap=5 * k + 5, trans=k)
        return Cost(forward * rows, {"dx": Count(flop=4 * k - 1) * rows})

    CASES = (
        Case((normal(4, 5),)),
        Case((normal(2, 3, 4, scale=3.0),), {"axis": 1}),
        Case((normal(6),), {"axis": 0}),
        Case((normal(3, 1, 2),), {"axis": -2}),
    )
