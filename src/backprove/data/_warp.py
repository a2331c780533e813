"""Sampling a batch of images at other places, the same in NumPy and inside a jitted JAX step."""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import Any

import numpy as np

from backprove.arrays import cast, dtype_name, namespace, shape
from backprove.errors import ShapeError

Field = Callable[[Any, int, int, int], tuple[Any, Any]]


def warp(x: Any, field: Field, fill: float | None, name: str) -> Any:
    """Images (N, H, W), or squares as rows (N, H * H), with each pixel fetched from elsewhere.

    `field(like, n, height, width)` answers the row and the column, each (N, H, W), that every
    pixel of the result is fetched from. Shape and dtype are kept; uint8 is rounded.
    """
    n, height, width = _extent(x, name)
    values = x if dtype_name(x) in ("float32", "float64") else cast(x, "float32")
    row, column = field(values, n, height, width)
    moved = bilinear(values.reshape((n, height, width)), row, column, fill)
    if dtype_name(x) == "uint8":
        moved = namespace(x).round(moved)
    return cast(moved, x.dtype).reshape(shape(x))


def _extent(x: Any, name: str) -> tuple[int, int, int]:
    found = shape(x)
    if len(found) == 2 and isqrt(found[1]) ** 2 == found[1] and found[1] > 1:
        return found[0], isqrt(found[1]), isqrt(found[1])
    if len(found) == 3 and min(found[1:]) > 1:
        return found[0], found[1], found[2]
    raise ShapeError(
        "{name} expected images (N, H, W) or squares as rows (N, H * H), found {shape}: "
        "reshape them, or leave {name} out for data that are no images",
        name=name,
        shape=found,
    )


def bilinear(x: Any, row: Any, column: Any, fill: float | None) -> Any:
    """The values of images x (N, H, W) at real-valued rows and columns (N, H', W').

    Between pixels the four around are mixed by their nearness. Outside there is `fill`, or the
    nearest pixel if it is None.
    """
    xp = namespace(x)
    if fill is not None:
        x = xp.pad(x, ((0, 0), (1, 1), (1, 1)), constant_values=fill)
        row, column = row + 1.0, column + 1.0
    n, height, width = shape(x)
    row, down, top = _cell(xp, row, height)
    column, right, left = _cell(xp, column, width)
    first = xp.reshape(xp.arange(n, dtype=xp.int32) * (height * width), (n, 1, 1))
    corner = first + top * width + left
    pixels = xp.reshape(x, (-1,))

    def at(step: int) -> Any:
        return xp.take(pixels, corner + step, mode="clip")

    upper = at(0) * (1 - right) + at(1) * right
    lower = at(width) * (1 - right) + at(width + 1) * right
    return upper * (1 - down) + lower * down


def _cell(xp: Any, place: Any, size: int) -> tuple[Any, Any, Any]:
    """(place kept inside, its fraction, the whole number below it as int32)."""
    place = xp.clip(place, 0.0, size - 1.0)
    below = xp.minimum(xp.floor(place), size - 2.0)
    return place, place - below, xp.astype(below, xp.int32)


def grid(like: Any, height: int, width: int) -> tuple[Any, Any]:
    """Rows (H, 1) and columns (1, W) of the pixels, in the dtype of `like`."""
    xp = namespace(like)
    rows = xp.asarray(np.arange(height)[:, None], dtype=like.dtype)
    return rows, xp.asarray(np.arange(width)[None, :], dtype=like.dtype)


def blur_matrix(size: int, sigma: float) -> Any:
    """B (size, size) for which B @ v smooths v by a Gaussian; beyond its ends v counts as 0.

    The weights of the whole Gaussian sum to 1.
    """
    reach = int(6 * sigma) + 1
    total = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).sum()
    distance = np.arange(size)[:, None] - np.arange(size)[None, :]
    return np.exp(-0.5 * (distance / sigma) ** 2) / total
