"""JSONLog."""

from __future__ import annotations

from typing import Any

import msgspec

from backprove.train.callbacks._epoch_log import EpochLog
from backprove.train.plain import to_plain


class JSONLog(EpochLog):
    """One line of JSON an epoch: the epoch's record. NaN and infinity are written as texts.

    See `EpochLog` for resumed runs and older logs.
    """

    def append(self, record: dict[str, Any]) -> None:
        """Add the record of an epoch."""
        self.add_text(self.text([to_plain(record)]))

    def entries(self, text: str) -> list[dict[str, Any]]:
        """The lines that are whole."""
        found = []
        for line in text.split("\n")[:-1]:
            try:
                entry = msgspec.json.decode(line)
            except msgspec.DecodeError:
                continue
            if isinstance(entry, dict) and isinstance(entry.get("epoch"), int):
                found.append(entry)
        return found

    def text(self, entries: list[dict[str, Any]]) -> str:
        """A line for each entry."""
        return "".join(msgspec.json.encode(entry).decode() + "\n" for entry in entries)
