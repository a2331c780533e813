"""Lion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprove.arrays import namespace
from backprove.counts import Count
from backprove.optim._checks import pair
from backprove.optim.base import Optimizer
from backprove.optim.schedules import Schedule


@dataclass(frozen=True)
class Lion(Optimizer):
    """Steps of one size: the sign of a mean of gradient and momentum.

    c = beta1 m + (1 - beta1) g
    w <- (1 - rate weight_decay) w - rate sign(c)
    m <- beta2 m + (1 - beta2) g

    A good rate is three to ten times smaller than Adam's, and weight_decay as much larger. Where
    c is 0 the weight stays. Defaults are the paper's; PyTorch and Paddle have no Lion.

    Reference: Chen et al., "Symbolic discovery of optimization algorithms", NeurIPS 2023.
    """

    learning_rate: float | Schedule = 1e-4
    betas: tuple[float, float] = (0.9, 0.99)

    ranges = {"betas": "[0, 1)"}  # noqa: RUF012
    decoupled = True

    def __post_init__(self) -> None:
        pair("Lion", "betas", self.betas)
        super().__post_init__()

    @property
    def slots(self) -> tuple[str, ...]:
        return ("m",)

    def scalars(self, step: Any, rate: Any) -> dict[str, Any]:
        return {"rate": rate, "keep": 1.0 - rate * self.weight_decay}

    def rule(self, w: Any, g: Any, m: Any, *, rate: Any, keep: Any) -> tuple[Any, ...]:
        beta1, beta2 = self.betas
        c = beta1 * m + (1.0 - beta1) * g
        w = keep * w if self.weight_decay else w
        return w - rate * namespace(w).sign(c), beta2 * m + (1.0 - beta2) * g

    def work(self) -> Count:
        return Count(flop=8, cheap=1)
