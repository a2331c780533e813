"""CSVLog."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from backprove.files import write_text
from backprove.train.callbacks._epoch_log import EpochLog
from backprove.train.plain import to_plain


class CSVLog(EpochLog):
    """A table with a row an epoch: the epoch's record, names in the first line.

    A name that comes later (validation every second epoch) gets a new column. Lists are written
    as JSON. See `EpochLog` for resumed runs and older logs.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self._columns: list[str] = []

    def append(self, record: dict[str, Any]) -> None:
        """Add the record of an epoch."""
        row = {name: _cell(value) for name, value in record.items()}
        before = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        entries = self.entries(before)
        if set(row) <= set(self._columns) and entries:
            self.add_text(_rows(self._columns, [row]))
        else:
            write_text(self.path, self.text([*entries, row]))

    def entries(self, text: str) -> list[dict[str, Any]]:
        """The rows that are whole."""
        self._columns = []
        whole = text[: text.rfind("\n") + 1]
        rows = list(csv.reader(io.StringIO(whole, newline=""), strict=False))
        if not rows or "epoch" not in rows[0]:
            return []
        self._columns = rows[0]
        found = [
            dict(zip(rows[0], row, strict=True)) for row in rows[1:] if len(row) == len(rows[0])
        ]
        return [entry for entry in found if entry["epoch"].isdecimal()]

    def text(self, entries: list[dict[str, Any]]) -> str:
        """The names, and a row for each entry."""
        self._columns = list(dict.fromkeys(name for entry in entries for name in entry))
        return _rows(self._columns, entries, head=True)


def _rows(columns: list[str], entries: list[dict[str, Any]], head: bool = False) -> str:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    if head:
        writer.writeheader()
    writer.writerows(entries)
    return stream.getvalue()


def _cell(value: Any) -> str:
    plain = to_plain(value)
    if plain is None:
        return ""
    return plain if isinstance(plain, str) else json.dumps(plain)
