"""Softshrink."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.activation._finite import not_negative


class Softshrink(Op):
    """Soft thresholding: y = x - lambd for x > lambd, x + lambd for x < -lambd, else 0.

    x of any shape and floating dtype; computed as x minus x clipped to [-lambd, lambd]. Kinks: the
    gradient is 0 at -lambd and lambd, as in Paddle and PyTorch. With lambd = 0 it is the identity,
    whose gradient is 1 at 0 too.

    NaN gives NaN, with gradient 0 (1 for lambd = 0); +-infinity goes through. Raises UsageError if
    lambd is negative or not finite.

    Reference: Donoho, "De-noising by soft-thresholding", IEEE Transactions on Information
    Theory 41, 1995.
    """

    elementwise = True
    formula = r"y = \operatorname{sign}(x) \max(|x| - \lambda, 0)"
    reference = "donoho1995"
    references = {  # noqa: RUF012
        "torch": "F.softshrink(x, lambd)",
        "jax": "jnp.sign(x) * jnp.maximum(jnp.abs(x) - lambd, 0.0)",
        "paddle": "F.softshrink(x, lambd)",
    }

    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = not_negative("Softshrink", "lambd", lambd)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        return x - xp.minimum(xp.maximum(x, -self.lambd), self.lambd)

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        return dy if self.lambd == 0.0 else xp.where(xp.abs(x) > self.lambd, dy, 0.0)

    def definition(self, m: Any, x: Any) -> Any:
        return x - m.minimum(m.maximum(x, -self.lambd), self.lambd)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A maximum, a minimum and a subtraction per element; backward an absolute value, a
        comparison and a selection."""
        n = elements(shapes[0])
        return Cost(Count(flop=n, cheap=2 * n), {"dx": Count(cheap=3 * n if self.lambd else 0)})

    CASES = (
        Case((away(3, 4, scale=0.4),)),
        Case((away(2, 3, 5, scale=2.0),), {"lambd": 1.0}),
        Case((normal(7),), {"lambd": 0.0}),
    )
