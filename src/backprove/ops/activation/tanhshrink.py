"""Tanhshrink."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op

TERMS = range(17, 1, -2)


class Tanhshrink(Op):
    """What tanh leaves over: y = x - tanh(x), of any shape and floating dtype.

    Near 0, where the difference would cancel to about x**3 / 3, Lambert's continued fraction
    tanh(x) = x / (1 + q), q = x**2 / (3 + x**2 / (5 + ...)) gives y = x q / (1 + q), in which
    nothing is subtracted; for |x| < 1, nine terms reach the last place of float64. The gradient is
    dy * tanh(x)**2.

    Smooth everywhere. NaN gives NaN, with gradient NaN; +-infinity goes through, with gradient 1.

    Reference: Collobert, Kavukcuoglu and Farabet, "Torch7: a Matlab-like environment for machine
    learning", BigLearn 2011; continued fraction: Abramowitz and Stegun, 4.5.70.
    """

    elementwise = True
    formula = r"y = x - \tanh x"
    reference = "collobert2011"
    references = {  # noqa: RUF012
        "torch": "F.tanhshrink(x)",
        "jax": "x - jnp.tanh(x)",
        "paddle": "F.tanhshrink(x)",
    }

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        near = xp.minimum(xp.maximum(x, -1.0), 1.0)
        square = near * near
        q = square / 19
        for term in TERMS:
            q = square / (term + q)
        return xp.where(xp.abs(x) < 1, near * (q / (1 + q)), x - xp.tanh(x))

    def backward(self, dy: Array, *, x: Array) -> Any:
        t = namespace(x).tanh(x)
        return dy * (t * t)

    def definition(self, m: Any, x: Any) -> Any:
        return x - m.tanh(x)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """The continued fraction takes a square, nine divisions and eight sums, its use a sum, a
        division and a product, the other form a difference and tanh; backward two products and
        tanh."""
        n = elements(shapes[0])
        forward = Count(flop=22, cheap=5, trans=1) * n
        return Cost(forward, {"dx": Count(flop=2, trans=1) * n})

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=10.0),)),
        Case((uniform(7, low=-1e-3, high=1e-3),)),
    )
