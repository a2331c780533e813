"""Adagrad."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprove.arrays import namespace
from backprove.counts import Count
from backprove.optim.base import Optimizer, Tree
from backprove.optim.schedules import Schedule


@dataclass(frozen=True)
class Adagrad(Optimizer):
    """Rates that fall where gradients were large.

    s <- s + g^2
    w <- w - rate / (1 + step lr_decay) g / (sqrt(s) + eps)

    Defaults are PyTorch's. Paddle's: no default rate, epsilon 1e-6, no lr_decay.

    Reference: Duchi, Hazan and Singer, "Adaptive subgradient methods for online learning and
    stochastic optimization", JMLR 12, 2011.
    """

    learning_rate: float | Schedule = 1e-2
    lr_decay: float = 0.0
    initial_accumulator_value: float = 0.0
    eps: float = 1e-10

    ranges = {  # noqa: RUF012
        "lr_decay": "[0, inf)",
        "initial_accumulator_value": "[0, inf)",
        "eps": "(0, inf)",
    }

    @property
    def slots(self) -> tuple[str, ...]:
        return ("sum",)

    def init(self, params: Tree) -> dict[str, Tree]:
        """The state before the first update: `initial_accumulator_value` everywhere."""
        zeros = super().init(params)["sum"]
        return {"sum": {name: z + self.initial_accumulator_value for name, z in zeros.items()}}

    def scalars(self, step: Any, rate: Any) -> dict[str, Any]:
        return {"rate": rate / (1.0 + step * self.lr_decay)}

    def rule(self, w: Any, g: Any, total: Any, *, rate: Any) -> tuple[Any, ...]:
        total = total + g * g
        return w - rate * (g / (namespace(w).sqrt(total) + self.eps)), total

    def work(self) -> Count:
        return Count(flop=6, trans=1)
