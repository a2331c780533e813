"""How long the doctor may take: seconds, or multiples of the original training."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from backprove.errors import UsageError

UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class Budget:
    """A span of time that starts to run when it is made.

    `text` is a number with a unit, "60s", "2m", "1h", or "5x" for so many times what the original
    training takes; that one has its length once `training` was called. `clock` gives the seconds
    that count, those of the wall by default. Raises UsageError for anything else, and for no time
    at all.
    """

    def __init__(self, text: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.text, self._clock = text, clock
        number, unit = _split(text)
        self._times = number if unit == "x" else 0.0
        self.seconds = math.inf if unit == "x" else number * UNITS[unit]
        self._began = clock()

    def training(self, seconds: float) -> None:
        """Say how long the original training takes."""
        if self._times:
            self.seconds = self._times * seconds

    def extend(self) -> None:
        """Take away the limit: for what was asked for whatever it takes."""
        self.seconds = math.inf

    @property
    def spent(self) -> float:
        """Seconds since it began."""
        return self._clock() - self._began

    @property
    def left(self) -> float:
        """Seconds that are left, never below 0."""
        return max(0.0, self.seconds - self.spent)


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
