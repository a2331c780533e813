"""Log."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op


class Log(Op):
    """The natural logarithm: y = log(x) for x > 0, of any shape and floating dtype.

    The gradient is dy / x. Smooth for x > 0. At 0 and -0 the value is -infinity and the gradient
    +infinity, the limits from the right (dy / x alone would give -infinity at -0). For x < 0 the
    value is NaN, while the gradient stays dy / x as in PyTorch, Paddle and JAX. NaN gives NaN,
    with gradient NaN; infinity gives infinity with gradient 0.

    Reference: Baydin, Pearlmutter, Radul and Siskind, "Automatic differentiation in machine
    learning: a survey", JMLR 18, 2018.
    """

    elementwise = True
    formula = r"y = \ln x"
    reference = "baydin2018"
    references = {  # noqa: RUF012
        "torch": "torch.log(x)",
        "jax": "jnp.log(x)",
        "paddle": "paddle.log(x)",
    }

    def forward(self, x: Array) -> Any:
        return namespace(x).log(x)

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        return dy / xp.where(x >= 0, xp.abs(x), x)

    def definition(self, m: Any, x: Any) -> Any:
        return m.log(x)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """One logarithm per element; backward a division, an absolute value, a comparison and a
        selection."""
        n = elements(shapes[0])
        return Cost(Count(trans=n), {"dx": Count(flop=n, cheap=3 * n)})

    CASES = (
        Case((uniform(3, 4, low=0.1, high=3.0),)),
        Case((uniform(2, 3, 5, low=0.9, high=1.1),)),
        Case((uniform(7, low=10.0, high=1000.0),)),
    )
