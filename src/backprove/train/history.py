"""History: what happened in training, epoch by epoch and step by step."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from backprove.errors import DataError, UsageError, unknown
from backprove.train.metrics import direction
from backprove.train.plain import from_plain, is_number, to_plain

MODES = ("auto", "max", "min")


class History(msgspec.Struct, forbid_unknown_fields=True, repr_omit_defaults=True):
    """The record of a training run.

    records      one dictionary for each epoch: epoch (from 1), step (all steps so far), loss and
                 metrics over the epoch's samples, val_loss and val_... where there is validation
                 data, learning_rate, seconds
    step_losses  the loss of every training step

    `history["val_loss"]` is a column, `history.best("val_loss")` the record of the best epoch.
    Its text is a table, its display in a notebook has the curves too.
    """

    records: list[dict[str, Any]] = []
    step_losses: list[float] = []

    def __len__(self) -> int:
        """The number of epochs."""
        return len(self.records)

    def __getitem__(self, name: str) -> list[Any]:
        """The values of one name, an epoch each; None where an epoch has none.

        Raises UsageError for an unknown name.
        """
        if name not in self.names():
            raise unknown("column", name, self.names() or ("loss",))
        return [record.get(name) for record in self.records]

    def names(self) -> list[str]:
        """All names that occur in the records, training values before those of validation."""
        found = list(dict.fromkeys(name for record in self.records for name in record))
        return sorted(found, key=_place)

    def best(self, monitor: str = "val_loss", mode: str = "auto") -> dict[str, Any]:
        """The record of the epoch whose `monitor` is best, the first one of equal epochs.

        mode "max" or "min" says what is better, "auto" knows it for losses and our own metrics.
        Epochs without a value, and NaN, are passed over. Raises UsageError for an unknown name or
        mode, DataError if no epoch has a value.
        """
        index = self.best_index(monitor, mode)
        if index is None:
            raise DataError(
                "no epoch has a value of {monitor}: train for an epoch first", monitor=monitor
            )
        return self.records[index]

    def best_index(self, monitor: str, mode: str = "auto") -> int | None:
        """The index of the best epoch, None if no epoch has a value."""
        values = self[monitor] if self.records else []
        sign = 1.0 if self._mode(monitor, mode) == "min" else -1.0
        usable = [(sign * v, i) for i, v in enumerate(values) if is_number(v) and not np.isnan(v)]
        return min(usable)[1] if usable else None

    def _mode(self, monitor: str, mode: str) -> str:
        if mode not in MODES:
            raise unknown("mode", mode, MODES)
        return direction(monitor) if mode == "auto" else mode

    def to_dict(self) -> dict[str, Any]:
        """Plain types for JSON; NaN and infinity as texts."""
        return {
            "records": to_plain(self.records),
            "step_losses": to_plain(self.step_losses),
        }

    @classmethod
    def from_dict(cls, values: Any) -> History:
        """The history of `to_dict`. Raises DataError for anything else."""
        try:
            return msgspec.convert(from_plain(values), cls)
        except msgspec.ValidationError as error:
            raise DataError(
                "expected the dictionary of History.to_dict, found something else: {reason}",
                reason=str(error),
            ) from error

    def __repr__(self) -> str:
        from backprove.train.history_table import text

        return text(self)

    __str__ = __repr__

    def _repr_html_(self) -> str:
        from backprove.train.history_page import html

        return html(self)


def _place(name: str) -> int:
    front, back = ("epoch", "step", "loss"), ("learning_rate", "seconds")
    if name in front:
        return front.index(name)
    if name in back:
        return 6 + back.index(name)
    if name == "val_loss":
        return 4
    return 5 if name.startswith("val_") else 3


def known_direction(name: str) -> bool:
    """Whether it is known what is better in a column, so that its best value can be marked."""
    try:
        direction(name)
    except UsageError:
        return False
    return True
