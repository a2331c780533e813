"""Which array functions an operator executes, and on how many elements.

`Recorded` is a NumPy array that notes every function that is called on it. The operators' source is
the same in every engine, so what is recorded here serves to predict the compiled engine as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import prod
from typing import Any, NamedTuple

import numpy as np

from backprove.cost.watched_array import Seen, WatchedArray, plain

MATMUL = "matmul"
COPY, FRESH, CHAIN = "copy", "fresh", "chain"
"""Not functions, but timed like them: reading two arrays and writing one that is there (of so many
bytes together), taking new memory and writing it, and `LINKS` multiply-adds on each element."""
LINKS = 16


class Call(NamedTuple):
    """An array function at a size.

    name     of the function: "add", "exp", "where", "matmul"
    kind     of a matrix product which operands lie transposed: "nn", "tn", "nt", "tt"; of a sum
             "first" or "last", the axis it goes along; of "where" how mixed its mask is, from "0",
             all alike, to "5", half of either; else how many operands have the full size
    dtype    of the operands: "float32"
    size     (elements,) of the largest operand or result; (kept, summed) of a sum; (m, k, n) of a
             matrix product
    """

    name: str
    kind: str
    dtype: str
    size: tuple[int, ...]

    @property
    def elements(self) -> int:
        """The elements that it goes through."""
        return prod(self.size) if self.name != MATMUL else self.size[0] * self.size[2]

    @property
    def flop(self) -> int:
        """2 m k n of a matrix product; 0 of all else."""
        return 2 * prod(self.size) if self.name == MATMUL else 0


Calls = Counter[Call]
_noted: ContextVar[Calls | None] = ContextVar("noted", default=None)


class Recorded(WatchedArray):
    """A NumPy array whose functions are noted while `recording` runs."""

    def _saw(self, seen: Seen) -> None:
        _note(_call(seen))

    def __array_function__(self, function: Any, types: Any, inputs: Any, keywords: Any) -> Any:
        found = super().__array_function__(function, types, inputs, keywords)
        if function in (np.where, np.concatenate) and len(inputs) + len(keywords) > 1:
            kind = _mixed(inputs[0]) if function is np.where else "2"
            _note(Call(function.__name__, kind, str(found.dtype), (int(np.size(found)),)))
        return self._watched(found)

    def __getitem__(self, place: Any) -> Any:
        return self._watched(super().__getitem__(place))


@contextmanager
def recording() -> Iterator[Calls]:
    """Note what is called on `Recorded` arrays inside."""
    calls: Calls = Counter()
    token = _noted.set(calls)
    try:
        with np.errstate(all="ignore"):
            yield calls
    finally:
        _noted.reset(token)


def calls_of(run: Callable[[], Any]) -> tuple[Any, Calls]:
    """(result, calls) of a function of `Recorded` arrays."""
    with recording() as calls:
        found = run()
    return found, calls


def _call(seen: Seen) -> Call:
    name, method, inputs, found = seen.ufunc.__name__, *seen[1:4]
    axis = seen.keywords.get("axis", 0)
    first = next(x for x in inputs if isinstance(x, np.ndarray | np.generic))
    dtype, sizes = str(first.dtype), [int(np.size(x)) for x in inputs]
    if name == MATMUL:
        a, b = (np.atleast_2d(x) for x in inputs)
        kind = "".join("t" if _transposed(x) else "n" for x in (a, b))
        return Call(name, kind, dtype, (a.size // a.shape[-1], a.shape[-1], b.shape[-1]))
    if method != "__call__":
        axes = range(first.ndim) if axis is None else np.atleast_1d(axis) % max(first.ndim, 1)
        last = first.ndim - 1 in axes
        kept = max(int(np.size(found)), 1)
        return Call(name, "last" if last else "first", dtype, (kept, max(sizes[0] // kept, 1)))
    size = max([int(np.size(found[0] if isinstance(found, tuple) else found)), *sizes])
    return Call(name, str(max(sum(n == size for n in sizes), 1)), dtype, (max(size, 1),))


def _mixed(mask: Any) -> str:
    """Tenths of the elements that differ from the others: a processor guesses those wrong."""
    share = float(np.mean(plain(mask))) if np.size(mask) else 0.0
    return str(round(10 * min(share, 1.0 - share)))


def _transposed(x: Any) -> bool:
    return bool(x.ndim > 1 and x.strides[-1] > x.strides[-2])


def _note(call: Call) -> None:
    calls = _noted.get()
    if calls is not None:
        calls[call] += 1
