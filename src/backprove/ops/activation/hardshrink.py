"""Hardshrink."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.activation._finite import not_negative


class Hardshrink(Op):
    """Hard thresholding: y = x for |x| > lambd, else 0.

    x of any shape and floating dtype. The function jumps at -lambd and lambd, where value and
    gradient are 0, as the formula says and PyTorch has it; Paddle keeps x there. With lambd = 0 it
    is the identity, whose gradient is 1 at 0 too.

    NaN gives NaN, with gradient 0 (1 for lambd = 0); +-infinity goes through. Only the output is
    kept. Raises UsageError if lambd is negative or not finite.

    Reference: Donoho and Johnstone, "Ideal spatial adaptation by wavelet shrinkage",
    Biometrika 81, 1994.
    """

    elementwise = True
    formula = r"y = x \, [|x| > \lambda]"
    reference = "donoho1994"
    references = {  # noqa: RUF012
        "torch": "F.hardshrink(x, lambd)",
        "jax": "jnp.where(jnp.abs(x) > lambd, x, 0.0)",
        "paddle": "F.hardshrink(x, lambd)",
    }

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = not_negative("Hardshrink", "lambd", lambd)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        return xp.where(xp.abs(x) <= self.lambd, xp.zeros_like(x), x)

    def backward(self, dy: Array, *, y: Array) -> Any:
        xp = namespace(y)
        return dy if self.lambd == 0.0 else xp.where(xp.abs(y) > self.lambd, dy, 0.0)

    def definition(self, m: Any, x: Any) -> Any:
        return m.where(m.abs(x) > self.lambd, x, 0)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """An absolute value, a comparison and a selection per element, both ways."""
        count = Count(cheap=3) * elements(shapes[0])
        return Cost(count, {"dx": count if self.lambd else Count()})

    CASES = (
        Case((away(3, 4, scale=0.4),)),
        Case((away(2, 3, 5, scale=2.0),), {"lambd": 1.0}),
        Case((away(7),), {"lambd": 0.0}),
    )
