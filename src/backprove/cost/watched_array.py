"""A NumPy array that sees every function that is called on it."""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np


class Seen(NamedTuple):
    """One call: the function and its method ("__call__", "reduce"), plain operands, the result."""

    ufunc: Any
    method: str
    inputs: list[Any]
    found: Any
    keywords: dict[str, Any]


class WatchedArray(np.ndarray[Any, Any]):
    """Hands every universal function on to `_saw`, and gives arrays of its own class back.

    A number that a reduction gives becomes an array of no axes, so that it is watched on.
    """

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **keywords: Any
    ) -> Any:
        operands = [plain(x) for x in inputs]
        if out is not None:
            keywords["out"] = tuple(plain(x) for x in out)
        found = getattr(ufunc, method)(*operands, **keywords)
        self._saw(Seen(ufunc, method, operands, found, keywords))
        return self._watched(found) if out is None else out[0]

    def _saw(self, seen: Seen) -> None:
        raise NotImplementedError

    @classmethod
    def of(cls, x: Any) -> Self:
        """The numbers as a watched array."""
        return np.asarray(x).view(cls)

    @classmethod
    def _watched(cls, found: Any) -> Any:
        return cls.of(found) if isinstance(found, np.ndarray | np.generic) else found


def plain(x: Any) -> Any:
    """The array without the watching."""
    return x.view(np.ndarray) if isinstance(x, WatchedArray) else x
