"""Hardswish."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op


class Hardswish(Op):
    """The piecewise form of Swish: y = x * min(max(0, x + 3), 6) / 6.

    x of any shape and floating dtype. The factor is formed first, so that no large x overflows.

    Kinks: the gradient is 0 at -3 and 1 at 3 (the outer derivatives), as in Paddle, PyTorch and
    JAX; in between it is (2x + 3) / 6. NaN gives NaN, with gradient NaN. Infinity gives infinity
    with gradient 1, -infinity gives 0 with gradient 0.

    Reference: Howard et al., "Searching for MobileNetV3", ICCV 2019.
    """

    elementwise = True
    formula = r"y = \frac{x}{6} \min(\max(0, x + 3), 6)"
    reference = "howard2019"
    references = {  # noqa: RUF012
        "torch": "F.hardswish(x)",
        "jax": "nn.hard_swish(x)",
        "paddle": "F.hardswish(x)",
    }

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        factor = xp.minimum(xp.maximum(x + 3, 0.0), 6.0) / 6
        return xp.maximum(x, -3.0) * factor

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        inner = xp.minimum(xp.maximum(x, -3.0), 3.0)
        outside = xp.where(x > 0, dy, 0.0)
        return xp.where(xp.abs(x) >= 3, outside, dy * ((2 * inner + 3) / 6))

    def definition(self, m: Any, x: Any) -> Any:
        return x * m.minimum(m.maximum(x + 3, 0), 6) / 6

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A sum, a division, a product and three bounds per element; backward two products, a sum
        and a division, two bounds, two comparisons, two selections and an absolute value."""
        n = elements(shapes[0])
        return Cost(Count(flop=3, cheap=3) * n, {"dx": Count(flop=4, cheap=7) * n})

    CASES = (
        Case((away(3, 4),)),
        Case((away(2, 3, 5, scale=4.0),)),
        Case((uniform(7, low=3.1, high=9.0),)),
    )
