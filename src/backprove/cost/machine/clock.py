"""Timing on a machine that others use too: many short repetitions, their least and their median.

Whatever else runs only makes a repetition longer, so the least is the estimate; how far the median
lies above it tells how far to trust it. A process that may use one core only is timed by the time
that it had the core: what it waited for others is left out. With several cores, wall time counts.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple

SECONDS = 0.04
LEAST = 7
BUSY = 0.5
"""A spread beyond which nothing is concluded: the median is half as long again as the least."""
QUIET = 0.2
PATIENCE = 8
"""While the spread is above `QUIET`, repetitions go on, for so many times `SECONDS` in all."""


class Sample(NamedTuple):
    """Seconds of one call: the least of the repetitions, and their median."""

    best: float
    median: float

    @property
    def spread(self) -> float:
        """How much longer than the least the median repetition took: 0.1 is a tenth."""
        return self.median / self.best - 1.0 if self.best else 0.0


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def clock() -> Callable[[], float]:
    """Seconds: of the core where there is one only, else of the wall."""
    return time.process_time if cores() == 1 else time.perf_counter


class Timed(NamedTuple):
    """What is to be timed, how many calls one run makes, and what is done untimed before each."""

    run: Callable[[], Any]
    calls: int = 1
    before: Callable[[], Any] | None = None


def sample(timed: Timed, seconds: float | None = None, least: int | None = None) -> Sample:
    """Repeat for so long, and so often at least: `SECONDS` and `LEAST` if not told otherwise.

    Where the repetitions differ, because something else runs, they go on for longer.
    """
    run, calls, before = timed
    seconds = SECONDS if seconds is None else seconds
    least = LEAST if least is None else least
    run()
    found: list[float] = []
    now, start = clock(), time.perf_counter()
    while len(found) < least or _goes_on(found, time.perf_counter() - start, seconds):
        if before is not None:
            before()
        began = now()
        run()
        found.append((now() - began) / calls)
    return _sample(found)


def _goes_on(found: list[float], spent: float, seconds: float) -> bool:
    return spent < seconds or (
        spent < PATIENCE * min(seconds, SECONDS) and _sample(found).spread > QUIET
    )


def _sample(found: list[float]) -> Sample:
    return Sample(min(found), statistics.median(found))
