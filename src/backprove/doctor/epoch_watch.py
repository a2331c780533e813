"""What a schedule that watches a value (ReduceOnPlateau) is told at the end of every epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.optim.schedules import Schedule


class EpochWatch:
    """Averages the losses of an epoch as `fit` does, and hands the mean to the schedule.

    steps: how many an epoch has. validation gives the value to watch in place of the mean, if
    there is validation data. A schedule that is a function of the step is left alone.
    """

    def __init__(
        self, schedule: Schedule, steps: int, validation: Callable[[], float] | None
    ) -> None:
        self._schedule, self._steps, self._validation = schedule, steps, validation
        self._watches = bool(schedule.state())
        self._sums = (0.0, 0.0)

    def after(self, step: int, loss: float, weight: float) -> Any:
        """The new factor on the learning rate after so many steps; None if it stays."""
        if not self._watches:
            return None
        self._sums = (self._sums[0] + loss * weight, self._sums[1] + weight)
        if step % self._steps:
            return None
        value = self._sums[0] / self._sums[1] if self._sums[1] else float("nan")
        self._sums = (0.0, 0.0)
        changed = self._schedule.observe(self._validation() if self._validation else value)
        return np.float32(self._schedule.scale) if changed else None

    def snapshot(self) -> Any:
        """What `restore` takes."""
        return self._schedule.state(), self._sums

    def restore(self, snapshot: Any) -> None:
        """Go back to a snapshot."""
        state, self._sums = snapshot
        self._schedule.restore(state)
