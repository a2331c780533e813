"""RReLU."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove import random
from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, away
from backprove.counts import Cost, Count, elements
from backprove.errors import UsageError
from backprove.op import Op
from backprove.ops.activation._finite import finite


class RReLU(Op):
    """The rectifier with a random negative slope: y = x for x > 0, slope * x otherwise.

    x of any shape and floating dtype. In training every element draws its slope by `key`,
    uniformly in [lower, upper); backward draws the same ones again, so none are kept. In evaluation
    the slope is the mean, (lower + upper) / 2.

    Kink: at 0 and -0 the gradient is the slope (the left derivative), as in PyTorch. NaN gives NaN,
    with the gradient of the negative side. Infinity gives infinity; -infinity gives slope *
    -infinity. Raises UsageError if lower is above upper, one of them is not finite, or training
    has no key.

    Paddle rounds the bounds to float32 and refuses a negative one, so it is asked for the formula.

    Reference: Xu, Wang, Chen and Li, "Empirical evaluation of rectified activations in
    convolutional network", 2015.
    """

    elementwise = True
    formula = r"y = \max(0, x) + a \min(0, x), \quad a \sim U(l, u)"
    reference = "xu2015"
    references = {  # noqa: RUF012
        "torch": "F.rrelu(x, lower, upper, training)",
        "jax": "jnp.where(x > 0, x, 0.5 * (lower + upper) * x)",
        "paddle": "paddle.where(x > 0, x, 0.5 * (lower + upper) * x)",
    }

    def __init__(self, lower: float = 1 / 8, upper: float = 1 / 3) -> None:
        self.lower = finite("RReLU", "lower", lower)
        self.upper = finite("RReLU", "upper", upper)
        if self.lower > self.upper:
            raise UsageError(
                "RReLU expected lower not above upper, found {found}", found=(lower, upper)
            )

    def forward(self, x: Array, *, key: Array | None = None, training: bool = False) -> Any:
        xp = namespace(x)
        return xp.where(x > 0, x, self._slope(x, key, training) * xp.minimum(x, 0.0))

    def backward(self, dy: Array, *, x: Array, key: Array | None, training: bool) -> Any:
        return namespace(x).where(x > 0, dy, self._slope(x, key, training) * dy)

    def _slope(self, x: Array, key: Array | None, training: bool) -> Any:
        if not training:
            return 0.5 * (self.lower + self.upper)
        if key is None:
            raise UsageError(
                "RReLU draws its slopes in training and needs a key: hand in key=random.key(seed)"
            )
        return self.lower + (self.upper - self.lower) * random.uniform(key, shape_of(x), x)

    def definition(self, m: Any, x: Any, key: Any = None, training: bool = False) -> Any:
        drawn = random.uniform(key, x.shape, np.zeros(1)) if training else np.full(x.shape, 0.5)
        return m.where(x > 0, x, (self.lower + (self.upper - self.lower) * m.array(drawn)) * x)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """In training: a draw, its scaling and shift, a product, a minimum, a comparison and a
        selection per element; backward the same without the minimum."""
        n = elements(shapes[0])
        forward, backward = Count(flop=3, cheap=3, random=1), Count(flop=3, cheap=2, random=1)
        return Cost(forward * n, {"dx": backward * n})

    CASES = (
        Case((away(3, 4),)),
        Case((away(2, 3, 5),), {"lower": -0.5, "upper": 0.25}),
        Case((away(7),), {"lower": 0.2, "upper": 0.2}, training=True),
    )
