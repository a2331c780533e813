"""Multiply."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, shape, sum_to_shape
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.elementwise._broadcast import broadcast, shapes_of, summing


class Multiply(Op):
    """The product of two arrays, element by element: y = a * b.

    a and b of any shapes that broadcast and one floating dtype; y has the broadcast shape. The
    gradients are dy * b and dy * a, summed over the axes along which that input was stretched.

    Smooth everywhere. NaN gives NaN; 0 times infinity gives NaN. Raises ShapeError if the shapes
    do not broadcast.

    Reference: Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine
    learning: a survey", JMLR 18, 2018.
    """

    formula = r"y = a \cdot b"
    reference = "baydin2018"
    references = {  # noqa: RUF012
        "torch": "torch.multiply(a, b)",
        "jax": "jnp.multiply(a, b)",
        "paddle": "paddle.multiply(a, b)",
    }

    def forward(self, a: Array, b: Array) -> Any:
        self.shape(*shapes_of("Multiply", a, b))
        return a * b

    def backward(self, dy: Array, *, a: Array, b: Array) -> tuple[Any, Any]:
        return sum_to_shape(dy * b, shape(a)), sum_to_shape(dy * a, shape(b))

    def definition(self, m: Any, a: Any, b: Any) -> Any:
        return a * b

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return broadcast("Multiply", *shapes)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """One product per element of y, in forward and for each gradient, and the summing back."""
        y = self.shape(*shapes)
        count = Count(flop=elements(y))
        backward = {"da": count + summing(y, shapes[0]), "db": count + summing(y, shapes[1])}
        return Cost(count, backward)

    CASES = (
        Case((normal(3, 4), normal(3, 4))),
        Case((normal(2, 3, 4), normal(4))),
        Case((normal(3, 1), normal(2, 1, 5))),
        Case((normal(1), normal(6))),
    )
