"""GLU."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.activation._axis import parted
from backprove.ops.activation._gate import gated


class GLU(Op):
    """The gated linear unit: one half of the input gated by the logistic function of the other.

    y = a sigmoid(b), where a and b are the first and second half of x along `axis`, whose length
    is halved. Any floating dtype. da = dy sigmoid(b), db = dy a sigmoid(b) (1 - sigmoid(b)).

    Smooth everywhere. NaN in either half gives NaN in y; b of -infinity closes the gate to 0 and
    infinity opens it to a, with the gradient 0 for b. An infinite a behind a closed gate is NaN,
    as in PyTorch, JAX and Paddle.

    Raises ShapeError if the length along the axis is odd.

    Reference: Dauphin, Fan, Auli and Grangier, "Language modeling with gated convolutional
    networks", ICML 2017.
    """

    formula = r"y = a \, \frac{1}{1 + e^{-b}}, \quad x = [a, b]"
    reference = "dauphin2017"
    references = {  # noqa: RUF012
        "torch": "F.glu(x, axis)",
        "jax": "nn.glu(x, axis)",
        "paddle": "F.glu(x, axis)",
    }

    def __init__(self, axis: int = -1) -> None:
        self.axis = int(axis)

    def forward(self, x: Array) -> Any:
        a, b = self._halves(x)
        return gated(namespace(x), a, a, b)

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        a, b = self._halves(x)
        h = xp.exp(-0.5 * xp.abs(b))
        d = 1 + h * h
        da = gated(xp, dy, dy, b)
        db = (a * h / d) * (dy * h / d)
        return xp.concat([da, db], axis=self._axis(shape_of(x)))

    def _halves(self, x: Array) -> tuple[Any, Any]:
        axis = self._axis(shape_of(x))
        half = shape_of(x)[axis] // 2
        head = (slice(None),) * axis
        return x[(*head, slice(0, half), ...)], x[(*head, slice(half, 2 * half), ...)]

    def _axis(self, shape: tuple[int, ...]) -> int:
        return parted("GLU", self.axis, 2, shape)

    def definition(self, m: Any, x: Any) -> Any:
        a, b = self._halves(x)
        return a / (1 + m.exp(-b))

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        axis = self._axis(shapes[0])
        return (*shapes[0][:axis], shapes[0][axis] // 2, *shapes[0][axis + 1 :])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """An exponential for each element of b forward and two backward."""
        n = elements(shapes[0]) // 2
        return Cost(
            Count(flop=6, cheap=3, trans=1) * n, {"dx": Count(flop=14, cheap=4, trans=2) * n}
        )

    CASES = (
        Case((normal(4, 6),)),
        Case((normal(2, 4, 3),), {"axis": 1}),
        Case((normal(8, scale=10.0),), {"axis": 0}),
    )
