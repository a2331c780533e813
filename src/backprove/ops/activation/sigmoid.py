"""Sigmoid."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op


class Sigmoid(Op):
    """The logistic function.

    y = 1 / (1 + exp(-x)), of any shape and floating dtype; dx = dy y (1 - y).

    Both are written with z = exp(-|x|), so nothing overflows, and the gradient z / (1 + z)^2 keeps
    its digits where y (1 - y) would be 0 (beyond x of about 17 in float32). Smooth everywhere:
    1/4 at 0. NaN gives NaN in value and gradient; -infinity and infinity give 0 and 1 with the
    gradient 0.

    Reference: Rumelhart, Hinton and Williams, "Learning representations by back-propagating
    errors", Nature 323, 1986.
    """

    aliases = ("Logistic",)
    elementwise = True
    formula = r"y = \frac{1}{1 + e^{-x}}"
    reference = "rumelhart1986"
    references = {  # noqa: RUF012
        "torch": "torch.sigmoid(x)",
        "jax": "nn.sigmoid(x)",
        "paddle": "F.sigmoid(x)",
    }

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        z = xp.exp(-xp.abs(x))
        return xp.where(x < 0, z, 1.0) / (1 + z)

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        z = xp.exp(-xp.abs(x))
        d = 1 + z
        return dy * (z / (d * d))

    def definition(self, m: Any, x: Any) -> Any:
        return 1 / (1 + m.exp(-x))

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """An exponential per element both ways."""
        n = elements(shapes[0])
        return Cost(
            Count(flop=2, cheap=3, trans=1) * n, {"dx": Count(flop=4, cheap=1, trans=1) * n}
        )

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=10.0),)),
        Case((uniform(7, low=-1.0, high=1.0),)),
    )
