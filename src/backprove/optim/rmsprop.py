"""RMSprop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from backprove.arrays import namespace
from backprove.counts import Count
from backprove.optim._checks import one_of
from backprove.optim.base import Optimizer
from backprove.optim.schedules import Schedule


@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Gradients divided by the root of their mean square.

    s <- alpha s + (1 - alpha) g^2
    a <- alpha a + (1 - alpha) g              (centered: s - a^2 instead of s below)
    d = g / (sqrt(s) + eps)
    v <- momentum v + d                       (with momentum: v instead of d below)
    w <- w - rate d

    Defaults are PyTorch's. Paddle's RMSProp calls alpha rho, with default 0.95, and takes the root
    of s + epsilon with epsilon 1e-6. Where rounding makes s - a^2 negative it counts as 0 here;
    PyTorch gets NaN.

    Reference: Tieleman and Hinton, "Lecture 6.5", COURSERA: Neural networks for machine learning,
    2012; centered: Graves, "Generating sequences with recurrent neural networks", 2013.
    """

    learning_rate: float | Schedule = 1e-2
    alpha: float = 0.99
    eps: float = 1e-8
    momentum: float = 0.0
    centered: bool = False

    ranges = {"alpha": "[0, 1)", "eps": "(0, inf)", "momentum": "[0, 1)"}  # noqa: RUF012

    def __post_init__(self) -> None:
        super().__post_init__()
        one_of("RMSprop", "centered", self.centered, (False, True))

    @property
    def slots(self) -> tuple[str, ...]:
        average = ("average",) if self.centered else ()
        return ("square", *average, *(("velocity",) if self.momentum else ()))

    def rule(self, w: Any, g: Any, *slots: Any, rate: Any) -> tuple[Any, ...]:
        xp, old = namespace(w), dict(zip(self.slots, slots, strict=True))
        new = {"square": self.alpha * old["square"] + (1.0 - self.alpha) * (g * g)}
        variance = new["square"]
        if self.centered:
            new["average"] = self.alpha * old["average"] + (1.0 - self.alpha) * g
            variance = xp.maximum(variance - new["average"] * new["average"], 0.0)
        d = g / (xp.sqrt(variance) + self.eps)
        if self.momentum:
            d = new["velocity"] = self.momentum * old["velocity"] + d
        return w - rate * d, *new.values()

    def work(self) -> Count:
        centered = Count(flop=5, cheap=1) if self.centered else Count()
        return Count(flop=8 + (2 if self.momentum else 0), trans=1) + centered
