"""NumPy arrays."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

version = np.__version__


def place(x: Any, layout: str = "plain") -> Any:
    """A copy of the array with a memory layout of its own."""
    x = np.array(x)
    if layout == "fortran":
        return np.array(x, order="F")
    if layout == "reversed":
        return np.flip(np.flip(x).copy())
    if layout == "strided":
        wide = np.zeros((*x.shape, 2), dtype=x.dtype)
        wide[..., 0] = x
        return wide[..., 0]
    if layout == "expanded" and is_constant(x):
        return np.broadcast_to(x.reshape(-1)[0], x.shape)
    return x


def is_constant(x: Any) -> bool:
    """Whether all elements have the same bits, so that they may lie in one place."""
    if x.size == 0:
        return False
    flat = np.ascontiguousarray(x).reshape(-1)
    return flat.tobytes() == flat[:1].tobytes() * flat.size


def plain(x: Any) -> Any:
    """The array itself."""
    return np.asarray(x)


def shares(a: Any, b: Any) -> bool:
    """Whether they may share memory."""
    both = isinstance(a, np.ndarray) and isinstance(b, np.ndarray)
    return both and bool(np.may_share_memory(a, b))


def seed() -> None:
    """The same random numbers in every run."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
