"""Watching one value of the epochs' records."""

from __future__ import annotations

import math
from typing import Any

from backprove.errors import UsageError, unknown
from backprove.train.history import MODES
from backprove.train.metrics import direction
from backprove.train.plain import is_number


class Monitor:
    """The best value so far of one name, and the epoch (from 1) that reached it.

    A value is better if it is ahead of the best by more than `min_delta`. NaN and infinity are
    never better.
    """

    def __init__(self, name: str, mode: str = "auto", min_delta: float = 0.0) -> None:
        if mode not in MODES:
            raise unknown("mode", mode, MODES)
        if not min_delta >= 0:
            raise UsageError("expected min_delta of 0 or more, found {found}", found=min_delta)
        self.name, self.min_delta = name, float(min_delta)
        self._sign = 1.0 if (direction(name) if mode == "auto" else mode) == "max" else -1.0
        self.validation: bool | None = None
        self.forget()

    def forget(self) -> None:
        """Begin a new run."""
        self.best: float | None = None
        self.best_epoch: int | None = None

    def begin(self, watcher: str, logs: dict[str, Any]) -> None:
        """Refuse a validation value where it is known that there is no validation data."""
        self.validation = logs.get("validation")
        if self.validation is False and self.name.startswith("val_"):
            raise UsageError(
                "{watcher} watches {monitor}, but there is no validation data: "
                "give eval_data or validation_split, or watch another value",
                watcher=watcher,
                monitor=self.name,
            )

    def better(self, watcher: str, record: dict[str, Any]) -> bool | None:
        """Whether an epoch is the best so far; None if it has no value, as between validations.

        Raises UsageError for a value that no epoch will have.
        """
        if self.name not in record and not self._comes_later(record):
            raise UsageError(
                "{watcher} watches {monitor}, but an epoch has only {known}: "
                "watch one of these, or give eval_data or validation_split",
                watcher=watcher,
                monitor=self.name,
                known=", ".join(k for k, v in record.items() if is_number(v)),
            )
        value = record.get(self.name)
        if value is None:
            return None
        ahead = self.best is None or self._sign * (value - self.best) > self.min_delta
        if not math.isfinite(value) or not ahead:
            return False
        self.best, self.best_epoch = float(value), int(record["epoch"])
        return True

    def _comes_later(self, record: dict[str, Any]) -> bool:
        return bool(self.validation) and self.name.removeprefix("val_") in record

    def state_dict(self) -> dict[str, Any]:
        """The best value and its epoch."""
        return {"best": self.best, "best_epoch": self.best_epoch}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Go on from there."""
        self.best, self.best_epoch = values["best"], values["best_epoch"]
