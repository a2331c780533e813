"""EarlyStopping."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from backprove.messages import render
from backprove.train.callbacks._monitor import Monitor
from backprove.train.callbacks.base import Callback, Logs
from backprove.train.metrics.base import at_least


class EarlyStopping(Callback):
    """Ends training when a value has not improved for `patience` epochs in a row.

    monitor        a name of the epochs' records; the default is the mean loss over the whole
                   validation data
    min_delta      how much better a value must be to count
    mode           "max", "min", or "auto", which knows losses and our own metrics
    restore_best   keep the weights of the best epoch, and put them back when training ends

    Epochs without a value (between two validations) are passed over; NaN is no improvement.
    `best`, `best_epoch` (from 1), `wait` and `stopped_epoch` can be read afterwards.
    A run that is interrupted within an epoch gets no weights put back. A run that ended can be
    resumed with more epochs: it goes on from its last weights, not from the best ones.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        patience: int = 3,
        min_delta: float = 0.0,
        mode: str = "auto",
        restore_best: bool = True,
    ) -> None:
        self.patience = at_least("EarlyStopping", "patience", patience, 1)
        self.monitor = Monitor(monitor, mode, min_delta)
        self.restore_best = restore_best
        self._forget()

    def _forget(self) -> None:
        self.monitor.forget()
        self.wait = 0
        self.stopped_epoch: int | None = None
        self._epoch = 0
        self._inside = False
        self._best: dict[str, Any] = {}
        self._last: dict[str, Any] = {}

    @property
    def best(self) -> float | None:
        """The best value so far."""
        return self.monitor.best

    @property
    def best_epoch(self) -> int | None:
        """The epoch of the best value, from 1."""
        return self.monitor.best_epoch

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._forget()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        self.monitor.begin("EarlyStopping", logs or {})
        if self.wait >= self.patience:
            self.model.stop_training = True
        elif self._last:
            self.model.load_state_dict(self._last)
            self._last = {}

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        self._inside = True

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        self._inside, self._epoch = False, epoch + 1
        better = self.monitor.better("EarlyStopping", logs or {})
        if better is None:
            return
        self.wait = 0 if better else self.wait + 1
        if better and self.restore_best:
            self._best = _copy(self.model.state_dict())
        if self.wait >= self.patience:
            self.stopped_epoch = epoch + 1
            self.model.stop_training = True

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._inside or self._last or not self.restore_best:
            return
        if self.best_epoch is None or self.best_epoch == self._epoch:
            return
        if self._best:
            self._last = _copy(self.model.state_dict())
            self.model.load_state_dict(self._best)
            return
        message = render(
            "the weights of the best epoch, {epoch}, are not in the checkpoint that was resumed: "
            "the weights of the last epoch stay",
            epoch=self.best_epoch,
        )
        warnings.warn(message, RuntimeWarning, stacklevel=2)

    def state_dict(self) -> dict[str, Any]:
        """The best value, its epoch, how long there was no better one, and the last epoch."""
        return {
            **self.monitor.state_dict(),
            "wait": self.wait,
            "stopped_epoch": self.stopped_epoch,
            "epoch": self._epoch,
        }

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Go on from there."""
        self.monitor.load_state_dict(values)
        self.wait, self.stopped_epoch = values["wait"], values["stopped_epoch"]
        self._epoch = values["epoch"]

    def arrays(self) -> dict[str, Any]:
        """The weights of the best epoch; those of the last one too, once the best are back."""
        kept = (("best", self._best), ("last", self._last))
        return {f"{which}.{k}": v for which, found in kept for k, v in found.items()}

    def load_arrays(self, values: dict[str, Any]) -> None:
        """Take them over."""
        self._best, self._last = _under("best.", values), _under("last.", values)


def _under(start: str, values: dict[str, Any]) -> dict[str, Any]:
    return {k.removeprefix(start): np.array(v) for k, v in values.items() if k.startswith(start)}


def _copy(values: dict[str, Any]) -> dict[str, Any]:
    return {k: np.array(v) for k, v in values.items()}
