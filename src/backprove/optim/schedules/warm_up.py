"""WarmUp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from backprove.errors import UsageError
from backprove.optim._checks import whole, within
from backprove.optim.schedules.base import Schedule
from backprove.optim.schedules.decay import Constant


@dataclass(frozen=True)
class WarmUp(Schedule):
    """A straight line from `start` to the first rate of `then` over `steps` steps, then `then`.

    start + (then(0) - start) step / steps while step < steps, and then(step - steps) from there,
    as Paddle's LinearWarmup and as PyTorch's LinearLR followed by another in SequentialLR.
    With `start` 0 the first update has the rate 0 and changes no weight.

    `then` is a schedule or a number.

    Reference: Goyal et al., "Accurate, large minibatch SGD: training ImageNet in 1 hour", 2017.
    """

    steps: int
    then: Schedule | float
    start: float = 0.0
    base: ClassVar[str] = "then"

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", whole("WarmUp", "steps", self.steps, 1))
        object.__setattr__(self, "start", within("WarmUp", "start", self.start, "[0, inf)"))
        object.__setattr__(self, "then", as_schedule("WarmUp", "then", self.then))

    @property
    def inner(self) -> Schedule:
        assert isinstance(self.then, Schedule)
        return self.then

    def at(self, xp: Any, step: Any) -> Any:
        first = self.inner.at(xp, xp.zeros_like(step))
        line = self.start + (first - self.start) * (step / self.steps)
        later = self.inner.at(xp, xp.maximum(step - self.steps, 0))
        return xp.where(step < self.steps, line, later)


def as_schedule(owner: str, option: str, value: Any) -> Schedule:
    """A schedule as it is, a number as a constant one. Raises UsageError for anything else."""
    if isinstance(value, Schedule):
        return value
    try:
        return Constant(within(owner, option, value, "[0, inf)"))
    except UsageError as error:
        raise UsageError(
            "{owner} expected a schedule or a number of at least 0 as {option}, found {found!r}: "
            "give a number, or a schedule out of backprove.optim.schedules",
            owner=owner,
            option=option,
            found=value,
        ) from error
