"""Nesterov."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprove.counts import Count
from backprove.optim.base import Optimizer


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Momentum that looks ahead.

    v <- momentum v + g
    w <- w - rate (g + momentum v)

    PyTorch's SGD and Paddle's Momentum with nesterov on. The gradient is taken at w, which is
    Nesterov's look-ahead point, not his iterate.

    Reference: Nesterov, "A method of solving a convex programming problem with convergence rate
    O(1/k^2)", 1983, in the form of Sutskever, Martens, Dahl and Hinton, ICML 2013.
    """

    momentum: float = 0.9

    ranges = {"momentum": "[0, 1)"}  # noqa: RUF012

    @property
    def slots(self) -> tuple[str, ...]:
        return ("velocity",)

    def rule(self, w: Any, g: Any, velocity: Any, *, rate: Any) -> tuple[Any, ...]:
        velocity = self.momentum * velocity + g
        return w - rate * (g + self.momentum * velocity), velocity

    def work(self) -> Count:
        return Count(flop=6)
