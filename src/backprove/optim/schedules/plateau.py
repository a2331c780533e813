"""ReduceOnPlateau."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backprove.errors import CheckpointError
from backprove.optim._checks import one_of, whole, within
from backprove.optim.schedules.base import Schedule, refuse_other_keys

_SMALLEST_CHANGE = 1e-8
_KEYS = ("rate", "best", "bad", "waiting")


@dataclass(eq=False)
class ReduceOnPlateau(Schedule):
    """The rate times `factor` once a value has not got better for more than `patience` epochs.

    It depends on validation values, so it lives outside compiled loops: at the end of each epoch
    give it the value, `observe(value)`, and put its factor on the rate of every later step,
    `optimizer.rate(step) * optimizer.schedule.scale`. As a function of the step it is constant.

    learning_rate    the rate before any reduction
    factor           in (0, 1)
    patience         how many epochs in a row may be no better
    threshold        how much better counts: a share of the best value if `threshold_mode` is
                     "rel", a difference if it is "abs"
    cooldown         how many epochs after a reduction are not counted
    minimum          no reduction goes below this rate; one by less than 1e-8 is left out
    mode             "min" if smaller is better, "max" if larger is

    NaN and infinity are never better. Rules and defaults are those of PyTorch's ReduceLROnPlateau
    and of Paddle's ReduceOnPlateau, where `minimum` is called min_lr.
    """

    learning_rate: float
    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    cooldown: int = 0
    minimum: float = 0.0
    mode: str = "min"
    threshold_mode: str = "rel"

    def __post_init__(self) -> None:
        owner = type(self).__name__
        intervals = {"learning_rate": "[0, inf)", "factor": "(0, 1)"}
        intervals |= {"threshold": "[0, inf)", "minimum": "[0, inf)"}
        for option, interval in intervals.items():
            setattr(self, option, within(owner, option, getattr(self, option), interval))
        self.patience = whole(owner, "patience", self.patience, 0)
        self.cooldown = whole(owner, "cooldown", self.cooldown, 0)
        one_of(owner, "mode", self.mode, ("min", "max"))
        one_of(owner, "threshold_mode", self.threshold_mode, ("rel", "abs"))
        self._rate = self.learning_rate
        self._best: float | None = None
        self._bad = self._waiting = 0

    def at(self, xp: Any, step: Any) -> Any:
        return self.learning_rate

    @property
    def rate(self) -> float:
        """The rate after the reductions so far."""
        return self._rate

    @property
    def scale(self) -> float:
        """The rate after the reductions so far as a share of `learning_rate`."""
        return self._rate / self.learning_rate if self.learning_rate else 1.0

    def observe(self, value: float) -> bool:
        """Take note of the validation value of an epoch; True if the rate was reduced."""
        value = float(value)
        better = self._better(value)
        self._best = value if better else self._best
        self._bad = 0 if better else self._bad + 1
        if self._waiting > 0:
            self._waiting -= 1
            self._bad = 0
        if self._bad <= self.patience:
            return False
        self._bad, self._waiting = 0, self.cooldown
        reduced = max(self._rate * self.factor, self.minimum)
        if self._rate - reduced <= _SMALLEST_CHANGE:
            return False
        self._rate = reduced
        return True

    def _better(self, value: float) -> bool:
        if self._best is None or not math.isfinite(value):
            return math.isfinite(value)
        sign = 1.0 if self.mode == "min" else -1.0
        if self.threshold_mode == "rel":
            return sign * value < sign * (self._best * (1.0 - sign * self.threshold))
        return sign * value < sign * self._best - self.threshold

    def state(self) -> dict[str, Any]:
        """Rate, best value (None before the first), and the two counters of epochs."""
        counters = {"bad": self._bad, "waiting": self._waiting}
        return {"rate": self._rate, "best": self._best, **counters}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state()` gave. Raises CheckpointError if it is not such a state."""
        refuse_other_keys(type(self).__name__, state, _KEYS)
        try:
            rate = float(state["rate"])
            best = None if state["best"] is None else float(state["best"])
            bad, waiting = int(state["bad"]), int(state["waiting"])
        except (TypeError, ValueError) as error:
            raise CheckpointError(
                "the state of ReduceOnPlateau expected numbers, found {found}: "
                "the checkpoint is damaged, use an earlier one",
                found=dict(state),
            ) from error
        self._rate, self._best, self._bad, self._waiting = rate, best, bad, waiting
