"""The cells of a table's features as numbers."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any, NoReturn

import numpy as np

from backprove.errors import DataError

Row = tuple[int, list[str]]
MISSING = ("", "?", "na", "n/a", "nan", "null", "none", "-")
_BLOCK = 4096


def number(cell: str) -> float:
    """The finite number in a cell; ValueError if there is none. 1_000 is no number here."""
    value = float(cell)
    if not isfinite(value) or "_" in cell:
        raise ValueError(cell)
    return value


def read_body(
    rows: Iterable[Row],
    features: Sequence[int],
    target: int | None,
    header: Sequence[str],
    name: str,
) -> tuple[Any, list[tuple[int, str]]]:
    """The feature columns as floating (N, D), and each target cell with its line number.

    The lines are read one by one, so the text of a large table is not kept. Features are float32
    where that loses nothing that matters (see `narrow`).
    """
    numbers = array("d")
    targets = []
    for line, row in rows:
        try:
            numbers.extend([number(row[column]) for column in features])
        except ValueError:
            _refuse(line, row, features, header, name)
        if target is not None:
            refuse_missing(row[target], line, header[target], name)
            targets.append((line, row[target].strip()))
    return narrow(np.frombuffer(numbers).reshape(-1, len(features))), targets


def narrow(x: Any) -> Any:
    """float32, unless rounding would blur a column by over a thousandth of its spread.

    So a column of time stamps, large numbers that differ little, stays float64.
    """
    if not len(x):
        return x
    with np.errstate(over="ignore"):
        short = x.astype(np.float32)
        blocks = (slice(i, i + _BLOCK) for i in range(0, len(x), _BLOCK))
        error = np.max([np.abs(short[rows] - x[rows]).max(axis=0) for rows in blocks], axis=0)
    spread = np.ptp(x, axis=0)
    return short if np.all(error <= np.where(spread > 0, 1e-3 * spread, np.inf)) else x


def _refuse(
    line: int, row: list[str], columns: Sequence[int], header: Sequence[str], name: str
) -> NoReturn:
    column = next(c for c in columns if not _is_finite(row[c]))
    refuse_missing(row[column], line, header[column], name)
    raise DataError(
        "expected a finite number, found {found!r} in line {line}, column {column!r} of {name}: "
        "if this column is the target, name it with target=; else leave it out with ignore=, or "
        "replace its values by numbers",
        found=row[column],
        line=line,
        column=header[column],
        name=name,
    )


def _is_finite(cell: str) -> bool:
    try:
        number(cell)
    except ValueError:
        return False
    return True


def refuse_missing(cell: str, line: int, column: str, name: str) -> None:
    """Raise DataError if the cell is empty or holds a common mark for a missing value."""
    if cell.strip().lower() in MISSING:
        raise DataError(
            "expected a value, found none ({found!r}) in line {line}, column {column!r} of "
            "{name}: fill it in or remove the line",
            found=cell,
            line=line,
            column=column,
            name=name,
        )
