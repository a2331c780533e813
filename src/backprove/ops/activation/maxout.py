"""Maxout."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.errors import UsageError
from backprove.op import Op
from backprove.ops.activation._axis import parted


class Maxout(Op):
    """The largest of each `pieces` neighbours along an axis.

    y_k = max(x_{k p}, ..., x_{k p + p - 1}) with p = pieces; the length of `axis` is divided by p.
    Any floating dtype. Paddle's maxout (its groups are our pieces) takes the same neighbours.

    Kink: the gradient goes to the largest entry; entries that tie share it equally, as in the amax
    of PyTorch, Paddle and JAX. NaN is the largest; its group shares the gradient equally. Infinity
    is compared as any number.

    Raises UsageError for fewer than one piece, ShapeError if the length along the axis is no
    multiple of it.

    Reference: Goodfellow, Warde-Farley, Mirza, Courville and Bengio, "Maxout networks", ICML 2013.
    """

    formula = r"y_k = \max_{0 \le j < p} x_{k p + j}"
    reference = "goodfellow2013"
    references = {  # noqa: RUF012
        "torch": "x.unflatten(axis, (-1, pieces)).amax(axis + (axis >= 0))",
        "jax": "jnp.max(jnp.stack([jnp.take(x, np.arange(i, x.shape[axis], pieces), axis)"
        " for i in range(pieces)]), 0)",
        "paddle": "paddle.amax(paddle.stack([paddle.index_select(x,"
        " paddle.arange(i, x.shape[axis], pieces), axis) for i in range(pieces)]), 0)",
    }

    def __init__(self, pieces: int = 2, axis: int = -1) -> None:
        if pieces < 1:
            raise UsageError("Maxout expected one or more pieces, found {found}", found=pieces)
        self.pieces, self.axis = int(pieces), int(axis)

    def forward(self, x: Array) -> Any:
        axis, size = self._groups(shape_of(x))
        xp = namespace(x)
        return xp.max(xp.reshape(x, size), axis=axis + 1)

    def backward(self, dy: Array, *, x: Array, y: Array) -> Any:
        axis, size = self._groups(shape_of(x))
        xp = namespace(x)
        lower = xp.reshape(x, size) < xp.expand_dims(y, axis=axis + 1)
        kept = xp.astype(xp.logical_not(lower), dy.dtype)
        share = xp.expand_dims(dy, axis=axis + 1) / xp.sum(kept, axis=axis + 1, keepdims=True)
        return xp.reshape(kept * share, shape_of(x))

    def _groups(self, shape: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
        """The axis counted from the front, and the shape with the pieces on an axis behind it."""
        axis = parted("Maxout", self.axis, self.pieces, shape)
        head, length, tail = shape[:axis], shape[axis], shape[axis + 1 :]
        return axis, (*head, length // self.pieces, self.pieces, *tail)

    def definition(self, m: Any, x: Any) -> Any:
        axis, size = self._groups(x.shape)
        return m.max(x.reshape(size), axis=axis + 1)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        axis, size = self._groups(shapes[0])
        return (*size[: axis + 1], *size[axis + 2 :])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A group of p: p - 1 comparisons forward; counting, a quotient, p products backward."""
        p = self.pieces
        groups = elements(shapes[0]) // p
        return Cost(Count(cheap=p - 1) * groups, {"dx": Count(flop=2 * p, cheap=3 * p) * groups})

    CASES = (
        Case((normal(4, 6),)),
        Case((normal(2, 6, 3),), {"pieces": 3, "axis": 1}),
        Case((normal(8),), {"pieces": 4, "axis": 0}),
        Case((normal(2, 3),), {"pieces": 1}),
        Case((normal(5, 4),), {"axis": -2, "pieces": 5}),
    )
