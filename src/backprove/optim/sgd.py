"""SGD."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprove.counts import Count
from backprove.optim.base import Optimizer


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent: w <- w - rate g.

    Defaults as PyTorch's and Paddle's SGD, without momentum; that is `Momentum` and `Nesterov`.

    Reference: Robbins and Monro, "A stochastic approximation method", Annals of Mathematical
    Statistics 22, 1951.
    """

    def rule(self, w: Any, g: Any, *, rate: Any) -> tuple[Any, ...]:
        return (w - rate * g,)

    def work(self) -> Count:
        return Count(flop=2)
