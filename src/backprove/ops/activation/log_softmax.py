"""LogSoftmax."""

from __future__ import annotations

from math import nan
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.activation._axis import axis_of


class LogSoftmax(Op):
    """The logarithm of softmax.

    y_k = x_k - log(sum_j exp(x_j)), the sum along `axis`; any floating dtype, y of the shape of x.
    dx = dy - exp(y) sum_j dy_j.

    The largest entry is subtracted first, and its own exponential, 1, stays out of the sum: with t
    entries equal to it, log(t) + log1p(rest / t) keeps the digits of a row that is almost decided
    ([50, 0] gives -1.9e-22 and not 0). Smooth everywhere. At infinity it is the limit: an
    entry of -infinity gives -infinity (Paddle gives -64), a single infinity 0 and the others of
    its row -infinity. Rows without a limit, of several infinities or of nothing but -infinity,
    are NaN, and so are rows with NaN.

    Raises ShapeError if x has no such axis or nothing along it.

    Reference: Bridle, "Probabilistic interpretation of feedforward classification network
    outputs", 1990.
    """

    limits_at_infinity = True
    formula = r"y_k = x_k - \log \sum_j e^{x_j}"
    reference = "bridle1990"
    references = {  # noqa: RUF012
        "torch": "F.log_softmax(x, axis)",
        "jax": "nn.log_softmax(x, axis)",
        "paddle": "F.log_softmax(x, axis)",
    }

    def __init__(self, axis: int = -1) -> None:
        self.axis = int(axis)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        self.shape(shape_of(x))
        top = xp.max(x, axis=self.axis, keepdims=True)
        largest = x == top
        ties = xp.sum(xp.astype(largest, x.dtype), axis=self.axis, keepdims=True)
        ties = xp.where(xp.isinf(top) & (ties > 1), nan, xp.maximum(ties, 1.0))
        shifted = xp.where(largest, 0.0, x) - xp.where(largest, 0.0, top)
        rest = xp.where(largest, 0.0, xp.exp(shifted))
        rest = xp.sum(rest, axis=self.axis, keepdims=True)
        return shifted - (xp.log(ties) + xp.log1p(rest / ties))

    def backward(self, dy: Array, *, y: Array) -> Any:
        xp = namespace(y)
        return dy - xp.exp(y) * xp.sum(dy, axis=self.axis, keepdims=True)

    def definition(self, m: Any, x: Any) -> Any:
        return x - m.log(m.sum(m.exp(x), axis=self.axis, keepdims=True))

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        axis_of("LogSoftmax", self.axis, shapes[0])
        return shapes[0]

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per row of K: K exponentials both ways, and two logarithms forward."""
        k = shapes[0][self.axis]
        rows = elements(shapes[0]) // k
        forward = Count(flop=4 * k, cheap=6 * k + 4, trans=k + 2)
        return Cost(forward * rows, {"dx": Count(flop=3 * k - 1, trans=k) * rows})

    CASES = (
        Case((normal(4, 5),)),
        Case((normal(2, 3, 4, scale=3.0),), {"axis": 1}),
        Case((normal(6),), {"axis": 0}),
        Case((normal(3, 1, 2),), {"axis": -2}),
    )
