"""The hooks of a callback."""

from __future__ import annotations

from typing import Any, ClassVar

Logs = dict[str, Any]


class Callback:
    """Does something at fixed moments of training; subclasses write the hooks that they need.

    The order of the hooks in a call of `fit`: set_model; load_state_dict, if the run is resumed;
    on_train_begin; for each epoch on_epoch_begin, on_train_batch_end after every run of steps,
    on_epoch_end; on_train_end, also when an error ends the training. `epoch` counts from 0,
    a record's own "epoch" from 1.

    A callback with a memory has state_dict() and load_state_dict(values), whose values JSON can
    hold, and arrays() and load_arrays(values) if it keeps arrays as well. Both go into
    checkpoints. Callbacks run in the order of `order`, then in the order they were given in.
    """

    order: ClassVar[int] = 0
    model: Any = None

    def set_model(self, model: Any) -> None:
        """Be told the model. A callback forgets here what it knew of an earlier run."""
        self.model = model

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Before the first step. logs may hold epochs (in all) and validation (True or False)."""

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Before the first step of an epoch."""

    def on_train_batch_end(self, step: int, logs: Logs | None = None) -> None:
        """After a run of steps, which the compiled engine does in one call.

        step: all steps so far. logs: loss (the mean over the run), the metrics over the epoch so
        far, learning_rate, steps_done and steps_total of this epoch.
        """

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """After an epoch and its validation; logs is the epoch's record, see `History`."""

    def on_train_end(self, logs: Logs | None = None) -> None:
        """After the last step, or when an error ends the training."""
