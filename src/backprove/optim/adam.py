"""Adam."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from backprove.arrays import namespace
from backprove.counts import Count
from backprove.optim._checks import pair
from backprove.optim.base import Optimizer


@dataclass(frozen=True)
class Adam(Optimizer):
    """Steps along the mean gradient, divided by the root of the mean square gradient.

    m <- beta1 m + (1 - beta1) g
    v <- beta2 v + (1 - beta2) g^2
    w <- w - rate m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps),  t = step + 1

    Defaults are PyTorch's, and Paddle's (which spells them beta1, beta2, epsilon). weight_decay
    is added to the gradient, where the division undoes most of it: `AdamW` is what is meant
    nearly always.

    Reference: Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015.
    """

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8

    ranges = {"betas": "[0, 1)", "eps": "(0, inf)"}  # noqa: RUF012

    def __post_init__(self) -> None:
        pair("Adam", "betas", self.betas)
        super().__post_init__()

    @property
    def slots(self) -> tuple[str, ...]:
        return ("m", "v")

    def scalars(self, step: Any, rate: Any) -> dict[str, Any]:
        first, second = (correction(beta, step + 1) for beta in self.betas)
        return {"rate": rate, "first": first, "second": second}

    def rule(self, w: Any, g: Any, m: Any, v: Any, **scalars: Any) -> tuple[Any, ...]:
        beta1, beta2 = self.betas
        m = beta1 * m + (1.0 - beta1) * g
        v = beta2 * v + (1.0 - beta2) * (g * g)
        root = namespace(w).sqrt(v / scalars["second"])
        return w - scalars["rate"] * (m / scalars["first"] / (root + self.eps)), m, v

    def work(self) -> Count:
        return Count(flop=13, trans=1)


def correction(beta: float, t: Any) -> Any:
    """1 - beta**t for t >= 1, right to the last digits also in float32.

    1 - 0.999 in float32 has an error of 1e-5; -expm1(t log beta) has none.
    """
    log_beta = math.log(beta) if beta > 0.0 else -math.inf
    if isinstance(t, int):
        return -math.expm1(t * log_beta)
    return -namespace(t).expm1(t * log_beta)
