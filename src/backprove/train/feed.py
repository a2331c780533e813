"""How the rows of a training reach the engine: all at once, or some steps at a time from a file.

Data in memory is put on the engine's device once. Data that is mapped from a file (see
`data.mapped`) stays there: the rows of the next steps are read, put on the device, and forgotten,
so a training needs the same memory however many rows the file has. The steps are the same.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from backprove.data.mapped import is_mapped
from backprove.train.engine import Engine

STREAMED_BYTES = 2**25
"""Rows of a mapped file that are read at once, at most (but at least one batch)."""


class Feed(Protocol):
    """`steps` is the most steps that one call of `batches` has rows for."""

    steps: int

    def batches(self, order: Any, first: int, count: int, size: int) -> tuple[Any, Any, int]:
        """(data, order, first) for the engine: `count` steps of `size` rows, from `first` on."""
        ...


class Resident:
    """All rows on the device."""

    def __init__(self, engine: Engine, parts: tuple[Any, Any]) -> None:
        self.steps = engine.capacity
        self.data = tuple(engine.put(part) for part in parts)

    def batches(self, order: Any, first: int, count: int, size: int) -> tuple[Any, Any, int]:
        """See `Feed.batches`."""
        return self.data, order, first


class Streamed:
    """The rows of the next steps only, always the same number of them, so nothing is compiled anew.

    A stretch that is shorter than `steps` is filled with its first row, which no step uses.
    """

    def __init__(self, engine: Engine, parts: tuple[Any, Any], batch_size: int) -> None:
        self.engine, self.parts = engine, parts
        row = sum(part[:1].nbytes for part in parts)
        self.steps = max(1, min(engine.capacity, STREAMED_BYTES // (row * batch_size)))
        self.batch_size = batch_size

    def batches(self, order: Any, first: int, count: int, size: int) -> tuple[Any, Any, int]:
        """See `Feed.batches`."""
        rows = np.asarray(order)[first : first + count * size]
        steps = self.steps if size == self.batch_size else count
        rows = np.concatenate([rows, np.full(steps * size - len(rows), rows[0])])
        data = tuple(self.engine.put(np.asarray(part[rows])) for part in self.parts)
        return data, self.engine.put(np.arange(len(rows), dtype=np.int32)), 0


def feed(engine: Engine, parts: tuple[Any, Any], batch_size: int) -> Feed:
    """The way for these rows."""
    if is_mapped(parts[0]):
        return Streamed(engine, parts, batch_size)
    return Resident(engine, parts)
