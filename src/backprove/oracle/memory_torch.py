"""The most bytes that tensors hold at once while PyTorch runs."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any


class Live:
    """Adds up storages as kernels make them, and takes them off when the last tensor lets go.

    What a kernel uses within itself is not seen. Tensors on the meta device count as well.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self.peak = 0
        self._held: set[int] = set()

    def before(self, found: Iterable[Any]) -> None:
        """Tensors that are there already: a kernel that returns a view of them makes nothing."""
        self._held |= {int(t.untyped_storage()._cdata) for t in found}

    def made(self, found: Iterable[Any]) -> None:
        """The results of a kernel; views of what is known add nothing."""
        for tensor in found:
            storage = tensor.untyped_storage()
            key, size = int(storage._cdata), int(storage.nbytes())
            if key in self._held:
                continue
            self._held.add(key)
            self.bytes += size
            self.peak = max(self.peak, self.bytes)
            weakref.finalize(storage, self._freed, key, size).atexit = False

    def _freed(self, key: int, size: int) -> None:
        self._held.discard(key)
        self.bytes -= size
