"""Constant, Step, Exponential and Cosine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from backprove.optim._checks import whole, within
from backprove.optim.schedules.base import Schedule, power


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate at every step."""

    learning_rate: float

    def __post_init__(self) -> None:
        _check(self, learning_rate="[0, inf)")

    def at(self, xp: Any, step: Any) -> Any:
        return self.learning_rate


@dataclass(frozen=True)
class Step(Schedule):
    """The rate times `gamma` after every `step_size` steps, as PyTorch's StepLR.

    learning_rate * gamma ** (step // step_size)
    """

    learning_rate: float
    step_size: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        _check(self, learning_rate="[0, inf)", gamma="(0, inf)")
        object.__setattr__(self, "step_size", whole("Step", "step_size", self.step_size, 1))

    def at(self, xp: Any, step: Any) -> Any:
        return self.learning_rate * power(xp, self.gamma, step // self.step_size)


@dataclass(frozen=True)
class Exponential(Schedule):
    """The rate times `gamma` after every step, as PyTorch's ExponentialLR.

    learning_rate * gamma ** step
    """

    learning_rate: float
    gamma: float

    def __post_init__(self) -> None:
        _check(self, learning_rate="[0, inf)", gamma="(0, inf)")

    def at(self, xp: Any, step: Any) -> Any:
        return self.learning_rate * power(xp, self.gamma, step)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from `learning_rate` to `minimum` over `steps` steps, then `minimum`.

    minimum + (learning_rate - minimum) (1 + cos(pi step / steps)) / 2

    PyTorch's CosineAnnealingLR and Paddle's CosineAnnealingDecay give the same up to `steps` and
    then climb again; this one stays down.

    Reference: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts",
    ICLR 2017.
    """

    learning_rate: float
    steps: int
    minimum: float = 0.0

    def __post_init__(self) -> None:
        _check(self, learning_rate="[0, inf)", minimum="[0, inf)")
        object.__setattr__(self, "steps", whole("Cosine", "steps", self.steps, 1))

    def at(self, xp: Any, step: Any) -> Any:
        turn = xp.cos(xp.minimum(step, self.steps) * (math.pi / self.steps))
        return self.minimum + (self.learning_rate - self.minimum) * (0.5 + 0.5 * turn)


def _check(schedule: Schedule, **intervals: str) -> None:
    for option, interval in intervals.items():
        value = within(type(schedule).__name__, option, getattr(schedule, option), interval)
        object.__setattr__(schedule, option, value)
