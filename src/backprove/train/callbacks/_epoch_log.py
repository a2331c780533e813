"""A log file with one entry an epoch, that survives kills and resumed runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backprove.files import cannot_write, write_text
from backprove.train.callbacks.base import Callback, Logs


class EpochLog(Callback):
    """Appends the record of each epoch to a file.

    A resumed run goes on in the same file, without the entries of epochs that it does again and
    without an entry that a kill has cut off. A new run that finds an older log keeps that one
    under another name, "log-1.csv", and begins anew.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._ready = False

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._ready = False

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if not self._ready:
            self._start(epoch)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        if not self._ready:
            self._start(epoch)
        self.append(dict(logs or {}))

    def _start(self, done: int) -> None:
        self._ready = True
        if not self.path.exists() or not self.path.stat().st_size:
            return
        text = self.path.read_text(encoding="utf-8", errors="replace")
        kept = [entry for entry in self.entries(text) if int(entry["epoch"]) <= done]
        if not kept:
            self._rename()
        elif self.text(kept) != text:
            write_text(self.path, self.text(kept))

    def _rename(self) -> None:
        path, number = self.path, 1
        while path.exists():
            path = self.path.with_name(f"{self.path.stem}-{number}{self.path.suffix}")
            number += 1
        self.path.rename(path)

    def add_text(self, text: str) -> None:
        """Append to the file, and have it written before going on."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as stream:
                stream.write(text.encode("utf-8"))
        except OSError as error:
            raise cannot_write(self.path, error) from error

    def append(self, record: dict[str, Any]) -> None:
        """Add the record of an epoch."""
        raise NotImplementedError

    def entries(self, text: str) -> list[dict[str, Any]]:
        """The entries of a log that are whole, each with an "epoch"."""
        raise NotImplementedError

    def text(self, entries: list[dict[str, Any]]) -> str:
        """The log with these entries."""
        raise NotImplementedError
