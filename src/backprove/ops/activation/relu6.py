"""ReLU6."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op


class ReLU6(Op):
    """The rectified linear unit with a ceiling: y = min(max(0, x), 6); any shape, floating dtype.

    Kinks: the gradient is 0 at 0, -0 and 6, as in Paddle, PyTorch and JAX. Only the output is
    kept: it lies between 0 and 6 exactly where the gradient goes through.

    NaN gives NaN, with gradient 0. Infinity gives 6, -infinity gives 0.

    Reference: Krizhevsky, "Convolutional deep belief networks on CIFAR-10", 2010.
    """

    elementwise = True
    formula = r"y = \min(\max(0, x), 6)"
    reference = "krizhevsky2010"
    references = {  # noqa: RUF012
        "torch": "F.relu6(x)",
        "jax": "nn.relu6(x)",
        "paddle": "F.relu6(x)",
    }

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        return xp.minimum(xp.maximum(x, 0.0), 6.0)

    def backward(self, dy: Array, *, y: Array) -> Any:
        return namespace(y).where((y > 0) & (y < 6), dy, 0.0)

    def definition(self, m: Any, x: Any) -> Any:
        return m.minimum(m.maximum(x, 0), 6)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A maximum and a minimum per element; backward two comparisons and a selection."""
        n = elements(shapes[0])
        return Cost(Count(cheap=2 * n), {"dx": Count(cheap=3 * n)})

    CASES = (
        Case((away(3, 4, scale=5.0),)),
        Case((away(2, 3, 5),)),
        Case((uniform(7, low=6.1, high=9.0),)),
    )
