"""Sampling a batch of images at other places, the same in NumPy and inside a jitted JAX step."""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt
from typing import Any

import numpy as np

from backprove.arrays import cast, dtype_name, library, namespace, shape
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

    The sum over the pixels (i, j) of x[i, j] h(row - i) h(column - j), h(t) = max(0, 1 - |t|), of
    which at most four differ from 0. What is missing of the weight 1 at the edge and outside is
    given to `fill`, or if it is None the nearest place inside is taken.

    Written without padding and with one index for all four pixels: XLA computes an index anew for
    each gather inside a loop over steps.
    """
    xp = namespace(x)
    n, height, width = shape(x)
    if fill is None:
        row, column = xp.clip(row, 0.0, height - 1.0), xp.clip(column, 0.0, width - 1.0)
    top, (upper, lower) = _cell(xp, row, height)
    left, (west, east) = _cell(xp, column, width)
    first = xp.reshape(xp.arange(n, dtype=xp.int32) * (height * width), (n, 1, 1))
    corner = first + top * width + left
    pixels = xp.reshape(x, (-1,))

    def at(step: int) -> Any:
        return _fetch(pixels, corner + step)

    above, below = at(0) * west + at(1) * east, at(width) * west + at(width + 1) * east
    found = above * upper + below * lower
    return found if not fill else found + fill * (1.0 - (upper + lower) * (west + east))


def _fetch(pixels: Any, index: Any) -> Any:
    """The pixels at these places; beyond the ends, where a NaN leads, the nearest one."""
    xp = namespace(pixels)
    if library(pixels) in ("numpy", "jax.numpy"):
        return xp.take(pixels, index, mode="clip")
    return pixels[xp.clip(index, 0, len(pixels) - 1)]


def _cell(xp: Any, place: Any, size: int) -> tuple[Any, tuple[Any, Any]]:
    """The pixel before a place as int32, with it and the next inside; the weights of the two."""
    before = xp.clip(xp.floor(place), 0.0, size - 2.0)
    away = place - before
    weights = (xp.maximum(1.0 - xp.abs(away - end), 0.0) for end in (0.0, 1.0))
    return xp.astype(before, xp.int32), tuple(weights)


def blur_matrix(size: int, sigma: float) -> Any:
    """B (size, size) for which B @ v smooths v by a Gaussian; beyond its ends v counts as 0.

    The weights of the whole Gaussian sum to 1.
    """
    reach = int(6 * sigma) + 1
    total = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).sum()
    distance = np.arange(size)[:, None] - np.arange(size)[None, :]
    return np.exp(-0.5 * (distance / sigma) ** 2) / total
