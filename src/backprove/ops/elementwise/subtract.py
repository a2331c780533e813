"""Subtract."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, sum_to_shape
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.elementwise._broadcast import broadcast, shapes_of, summing


class Subtract(Op):
    """The difference of two arrays, element by element: y = a - b.

    a and b of any shapes that broadcast and one floating dtype; y has the broadcast shape. The
    gradients are dy and -dy, summed over the axes along which that input was stretched. Only the
    two shapes are kept for backward.

    Smooth everywhere. NaN gives NaN; infinity minus infinity gives NaN. Raises ShapeError if the
    shapes do not broadcast.

    Reference: Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine
    learning: a survey", JMLR 18, 2018.
    """

    aux = ("a_shape", "b_shape")
    formula = r"y = a - b"
    reference = "baydin2018"
    references = {  # noqa: RUF012
        "torch": "torch.subtract(a, b)",
        "jax": "jnp.subtract(a, b)",
        "paddle": "paddle.subtract(a, b)",
    }

    def forward(self, a: Array, b: Array) -> Any:
        shapes = shapes_of("Subtract", a, b)
        self.shape(*shapes)
        return a - b, dict(zip(self.aux, shapes, strict=True))

    def backward(
        self, dy: Array, *, a_shape: tuple[int, ...], b_shape: tuple[int, ...]
    ) -> tuple[Any, Any]:
        return sum_to_shape(dy, a_shape), -sum_to_shape(dy, b_shape)

    def definition(self, m: Any, a: Any, b: Any) -> Any:
        return a - b

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return broadcast("Subtract", *shapes)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """One subtraction per element of y; backward only sums over stretched axes."""
        y = self.shape(*shapes)
        backward = {"da": summing(y, shapes[0]), "db": summing(y, shapes[1])}
        return Cost(Count(flop=elements(y)), backward)

    CASES = (
        Case((normal(3, 4), normal(3, 4))),
        Case((normal(4), normal(2, 3, 4))),
        Case((normal(2, 1, 5), normal(3, 1))),
        Case((normal(6), normal(1))),
    )
