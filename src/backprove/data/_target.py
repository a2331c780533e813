"""The target column of a table as classes or quantities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprove.data._cells import narrow, number
from backprove.data.dataset import TASKS
from backprove.data.labels import encode
from backprove.errors import DataError, UsageError, unknown

Cells = Sequence[tuple[int, str]]
_MOST_CLASSES = 100


def read_target(
    cells: Cells, task: str | None, class_names: Sequence[str] | None, where: str
) -> tuple[Any, str, tuple[str, ...] | None]:
    """(y, task, class names) from cells with their line numbers; `table.load_csv` has the rules.

    `where` names the column and the file in errors.
    """
    if task is not None and task not in TASKS:
        raise unknown("task", task, TASKS)
    if task == "regression" and class_names is not None:
        raise UsageError(
            "expected class_names only for classification, found them with task='regression': "
            "leave one of the two out"
        )
    values = _numbers(cells)
    if task is None:
        classes = class_names is not None or values is None or _counts_up(values)
        task = "classification" if classes else "regression"
    if task == "regression":
        return _quantities(cells, values, where), task, None
    labels, names = _classes(cells, values, class_names, where)
    return labels, task, names


def _numbers(cells: Cells) -> Any:
    """All cells as numbers, or None if one is no finite number."""
    try:
        return np.array([number(cell) for _, cell in cells])
    except ValueError:
        return None


def _counts_up(values: Any) -> bool:
    """Whether exactly the numbers 0, 1, ... K-1 occur, at most 100 of them."""
    found = np.unique(values)
    return len(found) <= _MOST_CLASSES and np.array_equal(found, np.arange(len(found)))


def _quantities(cells: Cells, values: Any, where: str) -> Any:
    if values is not None:
        return narrow(values[:, None])
    line, cell = next(pair for pair in cells if _numbers([pair]) is None)
    raise DataError(
        "expected a finite number as the target, found {found!r} in line {line}, {where}: "
        "correct it, or say task='classification'",
        found=cell,
        line=line,
        where=where,
    )


def _classes(
    cells: Cells, values: Any, class_names: Sequence[str] | None, where: str
) -> tuple[Any, tuple[str, ...] | None]:
    words = [cell for _, cell in cells]
    names = None if class_names is None else tuple(class_names)
    if values is not None and not set(words) <= set(names or ()):
        if names is not None or _counts_up(values):
            return values, names
        found, labels = np.unique(values, return_inverse=True)
        return labels, tuple(_plain(value) for value in found.tolist())
    strange = next((pair for pair in cells if names and pair[1] not in names), None)
    if strange:
        raise DataError(
            "expected a class out of {known}, found {found!r} in line {line}, {where}: "
            "correct it, or give class_names with every class",
            known=", ".join(names or ()),
            found=strange[1],
            line=strange[0],
            where=where,
        )
    return encode(words, names)


def _plain(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)
