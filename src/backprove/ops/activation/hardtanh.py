"""Hardtanh."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away
from backprove.counts import Cost, Count, elements
from backprove.errors import UsageError
from backprove.op import Op


class Hardtanh(Op):
    """The piecewise linear form of tanh: y = min(max(min_val, x), max_val).

    x of any shape and floating dtype. Kinks: the gradient is 0 at min_val and max_val, as in
    Paddle and PyTorch; JAX takes 1. The input is kept and not the output, because a bound that
    half precision rounds may lie inside the interval.

    NaN gives NaN, with gradient 0. Infinity gives max_val, -infinity gives min_val. Raises
    UsageError unless min_val < max_val.

    Reference: Collobert, "Large scale machine learning", PhD thesis, University of Paris VI, 2004.
    """

    elementwise = True
    formula = r"y = \min(\max(m, x), M)"
    reference = "collobert2004"
    references = {  # noqa: RUF012
        "torch": "F.hardtanh(x, min_val, max_val)",
        "jax": "jnp.clip(x, min_val, max_val)",
        "paddle": "F.hardtanh(x, min_val, max_val)",
    }

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        if not min_val < max_val:
            raise UsageError(
                "Hardtanh expected min_val below max_val, found {found}", found=(min_val, max_val)
            )
        self.min_val, self.max_val = float(min_val), float(max_val)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        return xp.minimum(xp.maximum(x, self.min_val), self.max_val)

    def backward(self, dy: Array, *, x: Array) -> Any:
        return namespace(x).where((x > self.min_val) & (x < self.max_val), dy, 0.0)

    def definition(self, m: Any, x: Any) -> Any:
        return m.minimum(m.maximum(x, self.min_val), self.max_val)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A maximum and a minimum per element; backward two comparisons and a selection."""
        n = elements(shapes[0])
        return Cost(Count(cheap=2 * n), {"dx": Count(cheap=3 * n)})

    CASES = (
        Case((away(3, 4),)),
        Case((away(2, 3, 5, scale=2.0),), {"min_val": -2.0, "max_val": 1.0}),
        Case((away(17, scale=4.0),), {"min_val": 1.0, "max_val": 3.0}),
    )
