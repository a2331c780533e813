"""MatMul."""

from __future__ import annotations

from math import prod
from typing import Any

from backprove.arrays import Array, namespace, sum_to_shape
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count
from backprove.errors import ShapeError
from backprove.op import Op
from backprove.ops.elementwise._broadcast import broadcast, shapes_of

Shape = tuple[int, ...]


class MatMul(Op):
    """The matrix product of two arrays: y = a @ b.

    a (..., N, K), b (..., K, M), y (..., N, M); leading axes broadcast. As in numpy.matmul, a
    vector a counts as one row and a vector b as one column, and that axis of length 1 is taken
    out of y again: (K,) @ (K, M) is (M,), (N, K) @ (K,) is (N,), (K,) @ (K,) a scalar.

    The gradients are dy @ b^T and a^T @ dy, summed over the axes along which that input was
    stretched. Smooth everywhere. NaN and infinity spread along their row or column. Raises
    ShapeError if an input has no axes, the inner lengths differ or the leading ones do not
    broadcast.

    Paddle 3.3.1 refuses the gradient where both have leading axes, but not equally many; there it
    is asked with axes of length 1 put in front.

    Reference: Giles, "Collected matrix derivative results for forward and reverse mode
    algorithmic differentiation", Advances in Automatic Differentiation, 2008.
    """

    formula = r"y_{ij} = \sum_k a_{ik} b_{kj}"
    reference = "giles2008"
    references = {  # noqa: RUF012
        "torch": "torch.matmul(a, b)",
        "jax": "jnp.matmul(a, b)",
        "paddle": "(lambda b: paddle.matmul(a, b))"
        "(b.reshape([1] * max(a.ndim - b.ndim, 0) + b.shape) if b.ndim > 2 else b)",
    }

    def forward(self, a: Array, b: Array) -> Any:
        self.shape(*shapes_of("MatMul", a, b))
        return a @ b

    def backward(self, dy: Array, *, a: Array, b: Array) -> tuple[Any, Any]:
        xp = namespace(dy)
        shapes = shape_of(a), shape_of(b)
        left, right, output = _matrices(*shapes)
        rows, columns = xp.reshape(a, left), xp.reshape(b, right)
        dy = xp.reshape(dy, output)
        da = sum_to_shape(dy @ xp.matrix_transpose(columns), left)
        if len(right) == 2:
            count = prod(output[:-1])
            rows, dy = xp.reshape(rows, (count, left[-1])), xp.reshape(dy, (count, output[-1]))
        db = sum_to_shape(xp.matrix_transpose(rows) @ dy, right)
        return xp.reshape(da, shapes[0]), xp.reshape(db, shapes[1])

    def definition(self, m: Any, a: Any, b: Any) -> Any:
        return m.matmul(a, b)

    def shape(self, *shapes: Shape) -> Shape:
        output = _matrices(*shapes)[2]
        rows = output[-2:-1] if len(shapes[0]) > 1 else ()
        columns = output[-1:] if len(shapes[1]) > 1 else ()
        return (*output[:-2], *rows, *columns)

    def cost(self, *shapes: Shape) -> Cost:
        """Dot products of length K. Each element of a gradient adds up all products it is in."""
        output = _matrices(*shapes)[2]
        mac = prod(output) * shapes[0][-1]
        sizes = prod(output), prod(shapes[0]), prod(shapes[1])
        y, da, db = (Count(mac=mac, flop=max(2 * mac - size, 0)) for size in sizes)
        return Cost(y, {"da": da, "db": db})

    CASES = (
        Case((normal(3, 4), normal(4, 5))),
        Case((normal(2, 3, 4), normal(4, 5))),
        Case((normal(3, 4), normal(2, 4, 2))),
        Case((normal(2, 1, 3, 4), normal(3, 4, 2))),
        Case((normal(4), normal(4, 3))),
        Case((normal(2, 3, 4), normal(4))),
        Case((normal(4), normal(2, 4, 3))),
        Case((normal(5), normal(5))),
    )


def _matrices(a: Shape, b: Shape) -> tuple[Shape, Shape, Shape]:
    """The shapes of both inputs and the output, vectors written as matrices."""
    if not a or not b or a[-1] != b[-2:][0]:
        raise ShapeError(
            "MatMul expected a of shape (..., N, K) and b of shape (..., K, M), found {a} and {b}: "
            "the last length of a must be the last but one of b (the only one of a vector)",
            a=a,
            b=b,
        )
    left = a if len(a) > 1 else (1, *a)
    right = b if len(b) > 1 else (*b, 1)
    return left, right, (*broadcast("MatMul", left[:-2], right[:-2]), left[-2], right[-1])
