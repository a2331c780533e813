"""Exp."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op


class Exp(Op):
    """The exponential function: y = e**x, of any shape and floating dtype.

    The gradient is dy * y, so only the output is kept. Smooth everywhere. NaN gives NaN, with
    gradient NaN. Infinity gives infinity; -infinity gives 0 with gradient 0. Where e**x is beyond
    the largest number of the dtype (x > 88.72 in float32, x > 709.78 in float64), value and
    gradient are infinite.

    Reference: Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine
    learning: a survey", JMLR 18, 2018.
    """

    elementwise = True
    formula = r"y = e^x"
    reference = "baydin2018"
    references = {  # noqa: RUF012
        "torch": "torch.exp(x)",
        "jax": "jnp.exp(x)",
        "paddle": "paddle.exp(x)",
    }

    def forward(self, x: Array) -> Any:
        return namespace(x).exp(x)

    def backward(self, dy: Array, *, y: Array) -> Any:
        return dy * y

    def definition(self, m: Any, x: Any) -> Any:
        return m.exp(x)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """One exponential per element; backward one product."""
        n = elements(shapes[0])
        return Cost(Count(trans=n), {"dx": Count(flop=n)})

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=2.0),)),
        Case((uniform(7, low=-20.0, high=-5.0),)),
    )
