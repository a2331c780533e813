"""OneCycle."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from backprove.optim._checks import one_of, whole, within
from backprove.optim.schedules.base import Schedule


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to `peak` and down to almost nothing over `steps` steps, as PyTorch's OneCycleLR.

    From peak / div_factor up to `peak` during the share `pct_start` of the steps, then down to
    peak / div_factor / final_div_factor; with `three_phase` down to peak / div_factor in the
    mirrored time first. `anneal` is "cos" or "linear". After the last step the rate stays.

    The momentum is not cycled: this is PyTorch's `cycle_momentum=False`.

    Reference: Smith and Topin, "Super-convergence: very fast training of neural networks using
    large learning rates", 2018.
    """

    peak: float
    steps: int
    pct_start: float = 0.3
    anneal: str = "cos"
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    three_phase: bool = False
    base: ClassVar[str] = "peak"

    def __post_init__(self) -> None:
        intervals = {"peak": "[0, inf)", "pct_start": "[0, 1]"}
        intervals |= {"div_factor": "(0, inf)", "final_div_factor": "(0, inf)"}
        for option, interval in intervals.items():
            value = within("OneCycle", option, getattr(self, option), interval)
            object.__setattr__(self, option, value)
        object.__setattr__(self, "steps", whole("OneCycle", "steps", self.steps, 1))
        one_of("OneCycle", "anneal", self.anneal, ("cos", "linear"))
        one_of("OneCycle", "three_phase", self.three_phase, (False, True))

    def at(self, xp: Any, step: Any) -> Any:
        *earlier, last = self._phases()
        rate = self._between(xp, step, *last)
        for phase in reversed(earlier):
            rate = xp.where(step <= phase[1], self._between(xp, step, *phase), rate)
        return rate

    def _phases(self) -> list[tuple[float, float, float, float]]:
        """(first step, last step, first rate, last rate) of each phase."""
        low = self.peak / self.div_factor
        top, end = self.pct_start * self.steps - 1, self.steps - 1.0
        final = low / self.final_div_factor
        if not self.three_phase:
            return [(0.0, top, low, self.peak), (top, end, self.peak, final)]
        back = 2 * top
        return [
            (0.0, top, low, self.peak),
            (top, back, self.peak, low),
            (back, end, low, final),
        ]

    def _between(
        self, xp: Any, step: Any, first: float, last: float, start: float, stop: float
    ) -> Any:
        if last <= first:
            return stop
        done = xp.minimum((step - first) / (last - first), 1.0)
        if self.anneal == "linear":
            return start + (stop - start) * done
        return stop + (start - stop) * (0.5 + 0.5 * xp.cos(math.pi * done))
