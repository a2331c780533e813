"""Tanh."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op


class Tanh(Op):
    """The hyperbolic tangent.

    y = tanh(x), of any shape and floating dtype; dx = dy / cosh(x)^2.

    The gradient is computed from x, not as 1 - y^2, which is 0 beyond |x| of about 9 in float32:
    1 / cosh(x) = 2 z / (1 + z^2) with z = exp(-|x|). Smooth everywhere: 1 at 0. NaN gives NaN in
    value and gradient; -infinity and infinity give -1 and 1 with the gradient 0.

    Reference: LeCun, Bottou, Orr and Mueller, "Efficient BackProp", in Neural Networks: Tricks of
    the Trade, 1998.
    """

    elementwise = True
    formula = r"y = \tanh x"
    reference = "lecun1998"
    references = {  # noqa: RUF012
        "torch": "torch.tanh(x)",
        "jax": "jnp.tanh(x)",
        "paddle": "paddle.tanh(x)",
    }

    def forward(self, x: Array) -> Any:
        return namespace(x).tanh(x)

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        z = xp.exp(-xp.abs(x))
        sech = 2 * z / (1 + z * z)
        return dy * (sech * sech)

    def definition(self, m: Any, x: Any) -> Any:
        return m.tanh(x)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A tanh per element forward; an exponential and six operations backward."""
        n = elements(shapes[0])
        return Cost(Count(trans=1) * n, {"dx": Count(flop=6, cheap=1, trans=1) * n})

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=5.0),)),
        Case((uniform(7, low=-0.1, high=0.1),)),
    )
