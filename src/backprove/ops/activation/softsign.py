"""Softsign."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op

LARGE = 1e30


class Softsign(Op):
    """A sigmoid curve that nears its ends slowly.

    y = x / (1 + |x|), of any shape and floating dtype; dx = dy / (1 + |x|)^2.

    The gradient is continuous, 1 at 0. NaN gives NaN in value and gradient; -infinity and infinity
    give -1 and 1 with the gradient 0 (PyTorch, JAX and Paddle give NaN there): x is cut at 1e30,
    where y is 1 in every dtype.

    Reference: Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
    networks", AISTATS 2010.
    """

    elementwise = True
    formula = r"y = \frac{x}{1 + |x|}"
    reference = "glorot2010"
    references = {  # noqa: RUF012
        "torch": "F.softsign(x)",
        "jax": "nn.soft_sign(x)",
        "paddle": "F.softsign(x)",
    }

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        c = xp.clip(x, -LARGE, LARGE)
        return c / (1 + xp.abs(c))

    def backward(self, dy: Array, *, x: Array) -> Any:
        ratio = 1 / (1 + namespace(x).abs(x))
        return dy * (ratio * ratio)

    def definition(self, m: Any, x: Any) -> Any:
        return x / (1 + m.abs(x))

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """An addition and a quotient forward; two products more backward."""
        n = elements(shapes[0])
        return Cost(Count(flop=2, cheap=3) * n, {"dx": Count(flop=4, cheap=1) * n})

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=100.0),)),
        Case((uniform(7, low=0.01, high=1.0),)),
    )
