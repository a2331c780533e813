"""How long the doctor may take: seconds, or multiples of the original training.

Multiples are counted in work (see `work`), not timed: the same re-runs are done, and the same is
found, however busy or fast the machine is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from backprove.errors import UsageError

UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class Budget:
    """A span of time that starts to run when it is made, or an amount of work.

    `text` is a number with a unit, "60s", "2m", "1h", or "5x" for so many times the work of the
    original training; that one has its size once `training` was called. `clock` gives the seconds
    that count, those of the wall by default. `counted` says whether it is work: then `left` and
    `spent` are work, otherwise seconds. Raises UsageError for anything else, and for nothing.
    """

    def __init__(self, text: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.text, self._clock = text, clock
        number, unit = _split(text)
        self.counted = unit == "x"
        self._times = number
        self.size = math.inf if self.counted else number * UNITS[unit]
        self._began, self._done = clock(), 0.0

    def training(self, work: float) -> None:
        """Say how much work the original training is."""
        if self.counted:
            self.size = self._times * work

    def charge(self, work: float) -> None:
        """Say how much work was done."""
        self._done += work

    def extend(self) -> None:
        """Take away the limit: for what was asked for whatever it takes."""
        self.size = math.inf

    @property
    def spent(self) -> float:
        """Seconds since it began, or the work that was done."""
        return self._done if self.counted else self._clock() - self._began

    @property
    def left(self) -> float:
        """Seconds, or work, that are left, never below 0."""
        return max(0.0, self.size - self.spent)


def _split(text: str) -> tuple[float, str]:
    number = text.strip().lower().rstrip("smihnx")
    unit = text.strip().lower().removeprefix(number).strip() or "s"
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if (unit != "x" and unit not in UNITS) or not math.isfinite(value) or value <= 0:
        raise UsageError(
            "expected a budget above 0 such as 60s, 2m or 5x (times the original training), "
            "found {found!r}",
            found=text,
        )
    return value, unit
