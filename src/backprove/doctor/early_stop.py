"""Early stopping of a run that is stepped by hand: the callback of `fit`, fed epoch by epoch."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backprove.train.callbacks import EarlyStopping
from backprove.train.progress import Progress, results


class EarlyStop:
    """Ends a training where `training.early_stopping` would, and puts the best weights back.

    options     what `EarlyStopping` takes
    epochs      how many the training has; steps: how many an epoch has
    metrics     those of the steps' logs
    evaluate    gives the record of the validation data; None if there is none
    read, load  give and take the weights and running statistics by name

    Raises UsageError for a validation value without validation data, and at the end of the
    first epoch for a value that no epoch has.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        epochs: int,
        steps: int,
        metrics: Any,
        evaluate: Callable[[], dict[str, Any]] | None,
        read: Callable[[], dict[str, Any]],
        load: Callable[[dict[str, Any]], None],
    ) -> None:
        self.stop_training = False
        self.state_dict, self.load_state_dict = read, load
        self._epochs, self._steps, self._metrics = epochs, steps, metrics
        self._evaluate, self._sums = evaluate, Progress()
        self._stopping = EarlyStopping(**options)
        self._stopping.set_model(self)
        self._stopping.on_train_begin({"validation": evaluate is not None})

    def after(self, step: int, entry: Mapping[str, Any]) -> None:
        """Take the log of a step, counted from 1."""
        epoch, place = divmod(step - 1, self._steps)
        if place == 0:
            self._stopping.on_epoch_begin(epoch)
        self._sums.add({k: np.asarray(v)[None] for k, v in entry.items()})
        if place + 1 < self._steps:
            return
        record = {"epoch": epoch + 1, **results(self._sums.sums, self._metrics)}
        record |= self._evaluate() if self._evaluate else {}
        self._sums = Progress()
        self._stopping.on_epoch_end(epoch, record)
        if self.stop_training or epoch + 1 == self._epochs:
            self._stopping.on_train_end()

    def snapshot(self) -> Any:
        """What `restore` takes."""
        kept = self._stopping.state_dict(), self._stopping.arrays(), self._stopping._inside
        return copy.deepcopy((kept, self._sums, self.stop_training))

    def restore(self, snapshot: Any) -> None:
        """Go back to a snapshot."""
        kept, self._sums, self.stop_training = copy.deepcopy(snapshot)
        values, arrays, self._stopping._inside = kept
        self._stopping.load_state_dict(values)
        self._stopping.load_arrays(arrays)
