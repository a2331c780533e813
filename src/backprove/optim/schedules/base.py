"""What a schedule is."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from backprove.arrays import library
from backprove.arrays import shape as shape_of
from backprove.errors import CheckpointError
from backprove.optim._checks import whole


class Schedule:
    """The learning rate as a function of the step.

    A schedule counts optimizer steps: `schedule(0)` is the rate of the first update, and with
    accumulated gradients an update is one step. `per_epoch` turns a schedule whose lengths are
    given in epochs into one of steps.

    Called with a whole number it answers a Python float, with a NumPy array of steps (for a plot)
    a float64 array, with a JAX array or inside a compiled function a JAX array of the default
    precision.

    Subclasses write `at(xp, step)` with the functions of the namespace `xp` and without branches
    on `step`.
    """

    base: ClassVar[str] = "learning_rate"

    def __call__(self, step: Any) -> Any:
        if library(step) == "jax.numpy":
            xp = sys.modules["jax.numpy"]
            rate = xp.asarray(self.at(xp, step), dtype=float)
            return xp.broadcast_to(rate, shape_of(step))
        steps = np.asarray(step, dtype=np.int64)
        with np.errstate(all="ignore"):
            rate = np.asarray(self.at(np, steps), dtype=np.float64)
        return float(rate) if steps.ndim == 0 else np.broadcast_to(rate, steps.shape).copy()

    def at(self, xp: Any, step: Any) -> Any:
        """The rate of a step, an integer array of the namespace `xp`."""
        raise NotImplementedError

    def per_epoch(self, steps_per_epoch: int) -> Schedule:
        """This schedule moved on once an epoch: step `s` has the rate of `s // steps_per_epoch`."""
        return PerEpoch(self, steps_per_epoch)

    @property
    def inner(self) -> Schedule | None:
        """The schedule that this one wraps, if it wraps one."""
        return None

    @property
    def scale(self) -> float:
        """The factor that the caller puts on the rate of every step; see `ReduceOnPlateau`."""
        return 1.0 if self.inner is None else self.inner.scale

    def observe(self, value: float) -> bool:
        """Take note of a validation value; True if the scale changed."""
        return False if self.inner is None else self.inner.observe(value)

    def state(self) -> dict[str, Any]:
        """What `observe` has changed so far, as plain values; {} for a function of the step."""
        return {} if self.inner is None else self.inner.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state()` gave. Raises CheckpointError if it is another's."""
        if self.inner is not None:
            self.inner.restore(state)
        else:
            refuse_other_keys(type(self).__name__, state, ())


@dataclass(frozen=True)
class PerEpoch(Schedule):
    """A schedule given in epochs, stretched to steps: constant within an epoch."""

    schedule: Schedule
    steps_per_epoch: int

    def __post_init__(self) -> None:
        steps = whole("per_epoch", "steps_per_epoch", self.steps_per_epoch, 1)
        object.__setattr__(self, "steps_per_epoch", steps)

    @property
    def inner(self) -> Schedule:
        return self.schedule

    def at(self, xp: Any, step: Any) -> Any:
        return self.schedule.at(xp, step // self.steps_per_epoch)


def refuse_other_keys(owner: str, state: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raise CheckpointError unless `state` has exactly the known keys."""
    if set(state) != set(known):
        raise CheckpointError(
            "the state of {owner} expected the keys {expected}, found {found}: "
            "restore the schedule that the state was saved from",
            owner=owner,
            expected=sorted(known),
            found=sorted(state),
        )


def power(xp: Any, base: float, n: Any) -> Any:
    """base**n for a positive base and a whole number n.

    Compiled it is exp(n log base): a base rounded to float32 would put an error on the power that
    grows with n, 3 % at 0.99999**1000000.
    """
    return np.float64(base) ** n if xp is np else xp.exp(n * math.log(base))
