"""Predicted and measured times of a training step, as plain data. All in seconds."""

from __future__ import annotations

import msgspec

from backprove.cost.machine.clock import BUSY

BOUNDS = ("compute", "memory", "overhead")


class Time(msgspec.Struct, kw_only=True):
    """The time of one pass of an operator.

    predicted   from the machine's rates and the array functions that the operator executes
    compute, memory, overhead   what each would take by itself: products at the machine's fastest
                rate and transcendental functions at theirs; every operand moved once; the
                dispatch of each array function
    measured    the least of several repetitions; None if it was not measured
    spread      how far the median lies above it: 0.1 is a tenth
    """

    predicted: float
    compute: float
    memory: float
    overhead: float
    measured: float | None = None
    spread: float = 0.0

    @property
    def bound(self) -> str:
        """What takes longest, and so what to work on: "compute", "memory" or "overhead"."""
        return max(BOUNDS, key=lambda name: float(getattr(self, name)))

    @property
    def share(self) -> float | None:
        """The share of the roofline that is reached: the ideal time over the measured one."""
        ideal = max(self.compute, self.memory)
        return ideal / self.measured if self.measured else None


class StepTime(msgspec.Struct, kw_only=True):
    """The time of a whole training step: batch, forward, loss, backward, update.

    rest      of the predicted time, what belongs to no operator: fetching the batch, random keys
    cores     that the process may use
    cached    of the rates that were used, how many come from the cache folder, and `since` the
              oldest of them was timed ("2026-05-01 14:03"); `timed` are those that were timed now
    machine   the rates: "peak" FLOP a second of matrix products, "elementwise" and
              "transcendental" functions a second, "cache" and "memory" bytes a second,
              "overhead" seconds of an array function on one element
    """

    engine: str
    cores: int
    predicted: float
    rest: float
    measured: float
    spread: float
    machine: dict[str, float]
    cached: int = 0
    timed: int = 0
    since: str = ""

    @property
    def ratio(self) -> float:
        """Predicted over measured."""
        return self.predicted / self.measured

    @property
    def conclusive(self) -> bool:
        """False if the repetitions differ so much that nothing follows from them."""
        return self.spread <= BUSY
