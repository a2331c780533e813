"""Momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprove.counts import Count
from backprove.optim.base import Optimizer


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Gradient descent with momentum (the heavy ball).

    v <- momentum v + g
    w <- w - rate v

    PyTorch's SGD with `momentum` and no dampening, Paddle's Momentum (0.9 is Paddle's default;
    PyTorch's is 0, which is `SGD`). v is in units of the gradient, so a new rate acts at once.

    Reference: Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
    Computational Mathematics and Mathematical Physics 4, 1964.
    """

    momentum: float = 0.9

    ranges = {"momentum": "[0, 1)"}  # noqa: RUF012

    @property
    def slots(self) -> tuple[str, ...]:
        return ("velocity",)

    def rule(self, w: Any, g: Any, velocity: Any, *, rate: Any) -> tuple[Any, ...]:
        velocity = self.momentum * velocity + g
        return w - rate * velocity, velocity

    def work(self) -> Count:
        return Count(flop=4)
