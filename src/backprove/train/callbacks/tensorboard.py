"""TensorBoard."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from backprove.errors import DependencyError
from backprove.train.callbacks.base import Callback, Logs
from backprove.train.plain import is_number


class TensorBoard(Callback):
    """Writes event files for TensorBoard, with the package tensorboardX.

    After each run of steps loss/step and learning_rate; after each epoch its record, training
    and validation in one chart (loss/train, loss/val, accuracy/train ...). All over the number of
    steps. A resumed run replaces what was written after the point it goes on from.

    Raises DependencyError if tensorboardX is not installed.
    """

    def __init__(self, folder: str | Path) -> None:
        if find_spec("tensorboardX") is None:
            raise DependencyError(
                "TensorBoard needs the package tensorboardX: "
                "pip install 'backprove[track]', or use CSVLog or JSONLog"
            )
        self.folder = Path(folder)
        self._writer: Any = None

    def on_train_begin(self, logs: Logs | None = None) -> None:
        from tensorboardX import SummaryWriter

        done = int(getattr(getattr(self.model, "progress", None), "steps", 0))
        self._writer = SummaryWriter(str(self.folder), purge_step=done + 1)

    def on_train_batch_end(self, step: int, logs: Logs | None = None) -> None:
        values = logs or {}
        for name, tag in (("loss", "loss/step"), ("learning_rate", "learning_rate")):
            if name in values:
                self._writer.add_scalar(tag, values[name], step)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        record = logs or {}
        for name, value in record.items():
            if is_number(value) and name not in ("epoch", "step", "learning_rate"):
                self._writer.add_scalar(_tag(name), value, record["step"])
        self._writer.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _tag(name: str) -> str:
    if name == "seconds":
        return name
    return f"{name[4:]}/val" if name.startswith("val_") else f"{name}/train"
