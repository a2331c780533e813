"""Hardsigmoid."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op


class Hardsigmoid(Op):
    """The piecewise linear form of the sigmoid: y = min(max(0, x + 3), 6) / 6.

    x of any shape and floating dtype. The slope is 1/6 in full precision; PyTorch and Paddle round
    theirs to float32 or to 0.1666667, so they are asked for relu6(x + 3) / 6.

    Kinks: the gradient is 0 at -3 and 3, as in Paddle, PyTorch and JAX. NaN gives NaN, with
    gradient 0. Infinity gives 1, -infinity gives 0.

    Reference: Howard et al., "Searching for MobileNetV3", ICCV 2019.
    """

    elementwise = True
    formula = r"y = \frac{1}{6} \min(\max(0, x + 3), 6)"
    reference = "howard2019"
    references = {  # noqa: RUF012
        "torch": "F.relu6(x + 3) / 6",
        "jax": "nn.hard_sigmoid(x)",
        "paddle": "F.relu6(x + 3) / 6",
    }

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        return xp.minimum(xp.maximum(x + 3, 0.0), 6.0) / 6

    def backward(self, dy: Array, *, x: Array) -> Any:
        return namespace(x).where((x > -3) & (x < 3), dy / 6, 0.0)

    def definition(self, m: Any, x: Any) -> Any:
        return m.minimum(m.maximum(x + 3, 0), 6) / 6

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A sum, a maximum, a minimum and a division; backward a division and three selections."""
        n = elements(shapes[0])
        return Cost(Count(flop=2, cheap=2) * n, {"dx": Count(flop=1, cheap=3) * n})

    CASES = (
        Case((away(3, 4),)),
        Case((away(2, 3, 5, scale=4.0),)),
        Case((uniform(7, low=3.1, high=9.0),)),
    )
