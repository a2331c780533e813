"""GELU."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from backprove.arrays import Array, erfc, namespace
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.errors import unknown
from backprove.op import Op
from backprove.ops.activation._gate import gated, gated_slope

FAR = 40.0
CUBIC = 0.044715


class GELU(Op):
    """The input times the probability that a standard normal number is below it.

    approximate="none":  y = x Phi(x) = x erfc(-x / sqrt 2) / 2;  dx = dy (Phi(x) + x phi(x))
    approximate="tanh":  y = x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3)

    Of any shape and floating dtype. The default is exact, as in PyTorch and Paddle; the default of
    JAX is the tanh form. erfc keeps the digits of the negative tail, which 1 + erf loses from -5
    on; the tanh form is computed as x sigmoid(2u) for the same reason. Smooth everywhere: the
    gradient at 0 is 1/2. NaN gives NaN in value and gradient; infinity gives infinity with the
    gradient 1, and -infinity the limit 0 with the gradient 0 (x is cut at 40, where phi is 0).

    Raises UsageError for another `approximate`. The exact form is not in the Array API standard.

    Reference: Hendrycks and Gimpel, "Gaussian error linear units (GELUs)", 2016.
    """

    elementwise = True
    formula = r"y = \frac{x}{2} \operatorname{erfc} \left( -\frac{x}{\sqrt 2} \right)"
    reference = "hendrycks2016"
    references = {  # noqa: RUF012
        "torch": "F.gelu(x, approximate=approximate)",
        "jax": "nn.gelu(x, approximate == 'tanh')",
        "paddle": "F.gelu(x, approximate == 'tanh')",
    }

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise unknown("approximate", approximate, ("none", "tanh"))
        self.approximate = approximate

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        if self.approximate == "tanh":
            c = xp.clip(x, -FAR, FAR)
            return gated(xp, x, c, self._twice_u(c))
        return xp.maximum(x, -FAR) * (0.5 * erfc(x * -sqrt(0.5)))

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        c = xp.clip(x, -FAR, FAR)
        if self.approximate == "tanh":
            dt = sqrt(8 / pi) * (1 + 3 * CUBIC * (c * c))
            return dy * gated_slope(xp, c, self._twice_u(c), dt)
        h = xp.exp(-0.25 * (c * c))
        return dy * (0.5 * erfc(c * -sqrt(0.5)) + c * h * (h * sqrt(0.5 / pi)))

    def _twice_u(self, x: Array) -> Any:
        return sqrt(8 / pi) * x * (1 + CUBIC * (x * x))

    def definition(self, m: Any, x: Any) -> Any:
        """With 1 + tanh u written as 2 / (1 + exp(-2u)): any number of digits sees its tail."""
        if self.approximate == "tanh":
            return x / (1 + m.exp(-m.sqrt(8 / m.pi) * (x + CUBIC * x * x * x)))
        return x * m.erfc(-x / m.sqrt(2)) / 2

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """An erfc and an exponential, or the exponential of the gate."""
        n = elements(shapes[0])
        if self.approximate == "tanh":
            backward = Count(flop=21, cheap=6, trans=1)
            return Cost(Count(flop=11, cheap=5, trans=1) * n, {"dx": backward * n})
        backward = Count(flop=9, cheap=2, trans=2)
        return Cost(Count(flop=3, cheap=1, trans=1) * n, {"dx": backward * n})

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=4.0),)),
        Case((normal(7),), {"approximate": "tanh"}),
        Case((normal(4, 2, scale=4.0),), {"approximate": "tanh"}),
    )
