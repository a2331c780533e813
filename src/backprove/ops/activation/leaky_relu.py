"""LeakyReLU."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op


class LeakyReLU(Op):
    """The rectifier that lets a part of negative inputs through.

    y = x for x > 0, negative_slope * x otherwise; of any shape and floating dtype.

    The slope may have any sign. Kink: at 0 and -0 the gradient is `negative_slope` (the left
    derivative), as in PyTorch and as ReLU has it everywhere; Paddle and JAX take 1, the right one.
    NaN gives NaN, with the gradient of the negative side. Infinity gives +-infinity; with slope 0,
    -infinity gives 0. A slope beyond +-1 is not multiplied with positive x, which could overflow.

    Reference: Maas, Hannun and Ng, "Rectifier nonlinearities improve neural network acoustic
    models", ICML workshop 2013.
    """

    elementwise = True
    formula = r"y = \max(0, x) + \gamma \min(0, x)"
    reference = "maas2013"
    references = {  # noqa: RUF012
        "torch": "F.leaky_relu(x, negative_slope)",
        "jax": "nn.leaky_relu(x, negative_slope)",
        "paddle": "F.leaky_relu(x, negative_slope)",
    }

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = float(negative_slope)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        if self.negative_slope == 0.0:
            return xp.maximum(x, 0.0)
        steep = abs(self.negative_slope) > 1.0
        low = xp.minimum(x, 0.0) if steep else x
        return xp.where(x > 0, x, self.negative_slope * low)

    def backward(self, dy: Array, *, x: Array) -> Any:
        return namespace(x).where(x > 0, dy, self.negative_slope * dy)

    def definition(self, m: Any, x: Any) -> Any:
        return m.where(x > 0, x, self.negative_slope * x)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A product, a comparison and a selection per element, both ways."""
        count = Count(flop=1, cheap=2) * elements(shapes[0])
        return Cost(count, {"dx": count})

    CASES = (
        Case((away(3, 4),)),
        Case((away(2, 3, 5),), {"negative_slope": 0.1}),
        Case((away(7),), {"negative_slope": -0.5}),
        Case((normal(4, 2, scale=100.0),), {"negative_slope": 0.0}),
    )
