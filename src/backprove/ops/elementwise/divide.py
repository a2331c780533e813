"""Divide."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, shape, sum_to_shape
from backprove.cases import Case, Draw, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.elementwise._broadcast import broadcast, shapes_of, summing


class Divide(Op):
    """The quotient of two arrays, element by element: y = a / b.

    a and b of any shapes that broadcast and one floating dtype; y has the broadcast shape. The
    gradients are dy / b and -dy * a / b**2, summed over the axes along which that input was
    stretched. The square is never formed: b = 1e-200 has a gradient where b**2 is 0.

    Smooth where b is not 0. At b = 0 the value is infinite, or NaN for 0 / 0, as IEEE 754 has it.
    NaN gives NaN; dividing by infinity gives 0 with gradients 0. Raises ShapeError if the shapes
    do not broadcast.

    Reference: Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine
    learning: a survey", JMLR 18, 2018.
    """

    formula = r"y = \frac{a}{b}"
    reference = "baydin2018"
    references = {  # noqa: RUF012
        "torch": "torch.divide(a, b)",
        "jax": "jnp.divide(a, b)",
        "paddle": "paddle.divide(a, b)",
    }

    def forward(self, a: Array, b: Array) -> Any:
        self.shape(*shapes_of("Divide", a, b))
        return a / b

    def backward(self, dy: Array, *, a: Array, b: Array) -> tuple[Any, Any]:
        db = sum_to_shape(dy * (a / b) / b, shape(b))
        return sum_to_shape(dy / b, shape(a)), -db

    def definition(self, m: Any, a: Any, b: Any) -> Any:
        return a / b

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return broadcast("Divide", *shapes)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """One division per element of y, forward and for da; two and a product for db."""
        y = self.shape(*shapes)
        count = Count(flop=elements(y))
        backward = {"da": count + summing(y, shapes[0]), "db": 3 * count + summing(y, shapes[1])}
        return Cost(count, backward)

    CASES = (
        Case((normal(3, 4), uniform(3, 4, low=0.5, high=2.0))),
        Case((normal(2, 3, 4), uniform(4, low=-2.0, high=-0.5))),
        Case((normal(3, 1), Draw("signs", (2, 1, 5)))),
        Case((normal(1), uniform(6, low=0.5, high=2.0))),
    )
