"""Checkpoint."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, ClassVar

from backprove.errors import UsageError
from backprove.train.callbacks._monitor import Monitor
from backprove.train.callbacks.base import Callback, Logs
from backprove.train.metrics.base import at_least

_NAME = re.compile(r"(epoch|step)-\d+\.safetensors|best\.safetensors")


class Checkpoint(Callback):
    """Saves the model in a folder: every few epochs, every few seconds, or both.

    every_epochs    "epoch-0003.safetensors" after each so many epochs; None for never
    every_seconds   "step-00001876.safetensors", within an epoch, when so much time has passed
    keep            how many of these files stay, the newest ones; None keeps all
    monitor, mode   keep the best epoch as "best.safetensors" as well, see `EarlyStopping`

    Each file can be given to `Model.load`, to resume or to use. It runs after other callbacks, so
    that what they know of the epoch is in the file. Raises UsageError when a new run finds the
    files of another one in the folder.
    """

    order: ClassVar[int] = 10

    def __init__(
        self,
        folder: str | Path,
        every_epochs: int | None = 1,
        every_seconds: float | None = None,
        keep: int | None = 3,
        monitor: str | None = None,
        mode: str = "auto",
    ) -> None:
        for name, value in (("every_epochs", every_epochs), ("keep", keep)):
            if value is not None:
                at_least("Checkpoint", name, value, 1)
        if every_seconds is not None and not every_seconds > 0:
            raise UsageError(
                "Checkpoint expected every_seconds above 0, found {found}", found=every_seconds
            )
        self.folder = Path(folder)
        self.every_epochs, self.every_seconds, self.keep = every_epochs, every_seconds, keep
        self.monitor = None if monitor is None else Monitor(monitor, mode)
        self._forget()

    def _forget(self) -> None:
        self._saved: list[str] = []
        self._resumed = False
        self._time = time.monotonic()
        if self.monitor is not None:
            self.monitor.forget()

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._forget()

    def on_train_begin(self, logs: Logs | None = None) -> None:
        if self.monitor is not None:
            self.monitor.begin("Checkpoint", logs or {})
        self._time = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if epoch == 0 and not self._resumed:
            self._refuse_foreign()
        self._resumed = True

    def on_train_batch_end(self, step: int, logs: Logs | None = None) -> None:
        if self.every_seconds is not None and time.monotonic() - self._time >= self.every_seconds:
            self._save(f"step-{step:08d}")

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        best = self.monitor is not None and self.monitor.better("Checkpoint", logs or {})
        if self.every_epochs is not None and (epoch + 1) % self.every_epochs == 0:
            self._save(f"epoch-{epoch + 1:04d}")
        if best:
            self.model.save(self.folder / "best")

    def _save(self, name: str) -> None:
        self._saved = [known for known in self._saved if known != name] + [name]
        old = [] if self.keep is None else self._saved[: -self.keep]
        self._saved = self._saved[len(old) :]
        self.model.save(self.folder / name)
        for known in old:
            (self.folder / f"{known}.safetensors").unlink(missing_ok=True)
        self._time = time.monotonic()

    def _refuse_foreign(self) -> None:
        found = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        for path in found:
            if _NAME.fullmatch(path.name):
                raise UsageError(
                    "{folder} already holds {name} of another run: resume that run, "
                    "or choose another folder",
                    folder=str(self.folder),
                    name=path.name,
                )

    def state_dict(self) -> dict[str, Any]:
        """The names of the files that are kept, and the best value."""
        best = {} if self.monitor is None else self.monitor.state_dict()
        return {"saved": list(self._saved), **best}

    def load_state_dict(self, values: dict[str, Any]) -> None:
        """Go on from there."""
        self._saved, self._resumed = list(values["saved"]), True
        if self.monitor is not None and "best" in values:
            self.monitor.load_state_dict(values)
