"""Adadelta."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprove.arrays import namespace
from backprove.counts import Count
from backprove.optim.base import Optimizer
from backprove.optim.schedules import Schedule


@dataclass(frozen=True)
class Adadelta(Optimizer):
    """Steps as large as recent steps were, relative to recent gradients.

    s <- rho s + (1 - rho) g^2
    d = sqrt(u + eps) / sqrt(s + eps) g
    u <- rho u + (1 - rho) d^2
    w <- w - rate d

    Defaults are PyTorch's. Paddle's: learning rate 0.001, rho 0.95, epsilon 1e-6.

    Reference: Zeiler, "ADADELTA: an adaptive learning rate method", 2012.
    """

    learning_rate: float | Schedule = 1.0
    rho: float = 0.9
    eps: float = 1e-6

    ranges = {"rho": "[0, 1)", "eps": "(0, inf)"}  # noqa: RUF012

    @property
    def slots(self) -> tuple[str, ...]:
        return ("square", "delta")

    def rule(self, w: Any, g: Any, square: Any, delta: Any, *, rate: Any) -> tuple[Any, ...]:
        sqrt = namespace(w).sqrt
        square = self.rho * square + (1.0 - self.rho) * (g * g)
        d = sqrt(delta + self.eps) / sqrt(square + self.eps) * g
        delta = self.rho * delta + (1.0 - self.rho) * (d * d)
        return w - rate * d, square, delta

    def work(self) -> Count:
        return Count(flop=14, trans=2)
