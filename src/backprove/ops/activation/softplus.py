"""Softplus."""

from __future__ import annotations

from math import isfinite
from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.errors import UsageError
from backprove.op import Op
from backprove.ops.activation._gate import clipped, minus_size


class Softplus(Op):
    """The smooth rectifier.

    y = log(1 + exp(beta x)) / beta, of any shape and floating dtype; dx = dy sigmoid(beta x).
    With a negative beta it is the smooth minimum of x and 0.

    Computed as max(x, 0) + log1p(exp(-|beta x|)) / beta, which overflows nowhere and keeps the
    digits of both tails. It is smooth although max and |x| are not: the gradient at 0 is 1/2.
    NaN gives NaN in value and gradient; infinity gives infinity with the gradient 1, -infinity
    gives 0 with the gradient 0.

    `threshold` stands here so that calls written for PyTorch and Paddle carry over. They return x
    itself where beta x > threshold, against an overflow that their formula would meet; at the
    threshold their value and gradient jump (by 2e-9 at the default 20, more at a lower one). Ours
    needs no such switch: value, gradient and definition are the same function for every threshold,
    equal to theirs up to it.

    Reference: Dugas, Bengio, Belisle, Nadeau and Garcia, "Incorporating second-order functional
    knowledge for better option pricing", NIPS 2000.
    """

    elementwise = True
    formula = r"y = \frac{1}{\beta} \log (1 + e^{\beta x})"
    reference = "dugas2000"
    references = {  # noqa: RUF012
        "torch": "F.softplus(x, beta, threshold)",
        "jax": "nn.softplus(beta * x) / beta",
        "paddle": "F.softplus(x, beta, threshold)",
    }

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        if beta == 0 or not isfinite(beta):
            raise UsageError(
                "Softplus expected a finite beta other than 0, found {found}", found=beta
            )
        self.beta = float(beta)
        self.threshold = float(threshold)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        part = xp.maximum(x, 0.0) if self.beta > 0 else xp.minimum(x, 0.0)
        return part + xp.log1p(self._z(xp, x)) / self.beta

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        z = self._z(xp, x)
        low = x < 0 if self.beta > 0 else x > 0
        return dy * (xp.where(low, z, 1.0) / (1 + z))

    def _z(self, xp: Any, x: Array) -> Any:
        return xp.exp(minus_size(xp, self.beta * clipped(xp, x, self.beta)))

    def definition(self, m: Any, x: Any) -> Any:
        return m.log(1 + m.exp(self.beta * x)) / self.beta

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """An exponential both ways, and a logarithm forward."""
        n = elements(shapes[0])
        return Cost(
            Count(flop=3, cheap=5, trans=2) * n, {"dx": Count(flop=4, cheap=6, trans=1) * n}
        )

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=3.0),), {"beta": 2.0}),
        Case((uniform(7, low=-1.0, high=1.0),), {"beta": -0.3, "threshold": 5.0}),
        Case((normal(6),), {"beta": 0.5, "threshold": 50.0}),
    )
