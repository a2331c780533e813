"""SiLU."""

from __future__ import annotations

from math import isfinite
from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.errors import UsageError
from backprove.op import Op
from backprove.ops.activation._gate import clipped, gated, gated_slope


class SiLU(Op):
    """The input gated by its own logistic function; with a beta it is Swish.

    y = x sigmoid(beta x), of any shape and floating dtype;
    dx = dy (s + beta x s (1 - s)) with s = sigmoid(beta x).

    Smooth everywhere: the gradient at 0 is 1/2. Both tails keep their digits (Paddle's gradient is
    -infinity and NaN there). NaN gives NaN in value and gradient. For a positive beta infinity
    gives infinity with the gradient 1, and -infinity the limit 0 with the gradient 0 (PyTorch, JAX
    and Paddle give NaN for most of these); a negative beta turns the sides round. beta = 0 halves.

    Reference: Elfwing, Uchibe and Doya, "Sigmoid-weighted linear units for neural network function
    approximation in reinforcement learning", Neural Networks 107, 2018; Swish: Ramachandran, Zoph
    and Le, "Searching for activation functions", 2017.
    """

    aliases = ("Swish",)
    elementwise = True
    formula = r"y = \frac{x}{1 + e^{-\beta x}}"
    reference = "elfwing2018"
    references = {  # noqa: RUF012
        "torch": "F.silu(beta * x) / beta if beta else x / 2",
        "jax": "nn.silu(beta * x) / beta if beta else x / 2",
        "paddle": "F.silu(beta * x) / beta if beta else x / 2",
    }

    def __init__(self, beta: float = 1.0) -> None:
        if not isfinite(beta):
            raise UsageError("SiLU expected a finite beta, found {found}", found=beta)
        self.beta = float(beta)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        c = clipped(xp, x, self.beta)
        return gated(xp, x, c, self.beta * c)

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        c = clipped(xp, x, self.beta)
        return dy * gated_slope(xp, c, self.beta * c, self.beta)

    def definition(self, m: Any, x: Any) -> Any:
        return x / (1 + m.exp(-self.beta * x))

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """beta x, its clipping, the gate and its slope: an exponential per element both ways."""
        n = elements(shapes[0])
        return Cost(
            Count(flop=7, cheap=5, trans=1) * n, {"dx": Count(flop=13, cheap=6, trans=1) * n}
        )

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=5.0),), {"beta": 2.0}),
        Case((normal(7),), {"beta": -0.3}),
        Case((normal(4, 2),), {"beta": 0.0}),
    )
