"""ReLU."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op


class ReLU(Op):
    """The rectified linear unit: y = max(0, x), of any shape and floating dtype.

    Kink: at 0 and -0 the gradient is 0 (the left derivative), as in Paddle, PyTorch and JAX. Only
    the output is kept: it is positive exactly where the gradient goes through.

    NaN gives NaN, with gradient 0 (Paddle's own relu turns NaN into 0). Infinity gives infinity,
    -infinity gives 0.

    Reference: Nair and Hinton, "Rectified linear units improve restricted Boltzmann machines",
    ICML 2010.
    """

    elementwise = True
    formula = r"y = \max(0, x)"
    reference = "nair2010"
    references = {  # noqa: RUF012
        "torch": "F.relu(x)",
        "jax": "nn.relu(x)",
        "paddle": "F.relu(x)",
    }

    def forward(self, x: Array) -> Any:
        return namespace(x).maximum(x, 0.0)

    def backward(self, dy: Array, *, y: Array) -> Any:
        return namespace(y).where(y > 0, dy, 0.0)

    def definition(self, m: Any, x: Any) -> Any:
        return m.where(x > 0, x, 0)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A maximum per element; backward a comparison and a selection."""
        n = elements(shapes[0])
        return Cost(Count(cheap=n), {"dx": Count(cheap=2 * n)})

    CASES = (
        Case((away(3, 4),)),
        Case((away(2, 3, 5, scale=100.0),)),
        Case((uniform(7, low=-3.0, high=-0.1),)),
    )
