"""The points at which operators go wrong: values, shapes, memory layouts, upstream gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np

from backprove.check.precision import limits
from backprove.oracle.wire import numpy_dtype

SIMPLE = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 4.0, -4.0, 0.25, -0.25, 0.1, -0.1)
ORDINARY = (
    1e-10, 1e-6, 1e-3, 0.3, 0.7, 1.3, 1.7, 2.5, 3.5, 5.0, 5.5, 6.0, 7.0, 10.0, 15.0, 20.0, 20.5,
    30.0, 40.0, 64.5, 85.0, 88.0, 100.0, 700.0, 1e4, 1e20,
)  # fmt: skip
MESH = (*(k / 4 for k in range(-32, 33)), -50.0, -12.0, 12.0, 50.0)
"""Numbers in equal steps, for what is wrong between two others; in float64 only."""

ZEROS_OF_SLOPES = (-1.2784645427610738, -1.1924564, -0.7517915)
SHAPES: tuple[tuple[int, ...], ...] = (
    (), (0,), (2, 0), (1,), (3,), (7,), (8,), (9,), (15,), (16,), (17,), (31,), (32,), (33,), (64,),
    (1026,), (5, 1), (1, 5), (2, 3, 4),
)  # fmt: skip
FEW_SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {
    "float64": ((), (0,), (1,), (2, 3, 4)),
    "float32": ((1,),),
}
"""The shapes for a library that compiles for every shape."""
LAYOUTS = ("fortran", "strided", "reversed")
SPECIAL = (math.inf, -math.inf, math.nan)
PARAMETERS = (0.0, 0.001, 0.1, 0.5, 1.0, 2.0, -0.3, -2.0)


@cache
def values(dtype: str, kinks: tuple[float, ...] = ()) -> Any:
    """The points of a dtype, each once, with both neighbours of every kink and threshold."""
    kind = numpy_dtype(dtype)
    plain = [*SIMPLE, *ORDINARY, *(-v for v in ORDINARY), *ZEROS_OF_SLOPES, *SPECIAL]
    mesh = MESH if dtype == "float64" else ()
    edges = [s * t for t in (*thresholds(dtype), *kinks) for s in (1.0, -1.0)]
    with np.errstate(all="ignore"):
        near = [n for e in edges for n in neighbours(e, dtype)]
        drawn = np.array([*plain, *edges, *near, *mesh]).astype(kind)
    seen: dict[bytes, Any] = {v.tobytes(): v for v in drawn}
    return np.array(list(seen.values()), dtype=kind)


def neighbours(value: float, dtype: str) -> tuple[float, float]:
    """The floats of the dtype on both sides of a value."""
    with np.errstate(all="ignore"):
        x = np.asarray(value).astype(numpy_dtype(dtype))
        far = np.asarray(np.inf).astype(x.dtype)
        return float(np.nextafter(x, -far)), float(np.nextafter(x, far))


def thresholds(dtype: str) -> tuple[float, ...]:
    """Where the arithmetic of a dtype changes: overflow, underflow, exp(x) against 1, and 0."""
    lim = limits(dtype)
    rounding = -math.log(lim.unit)
    return (
        0.0, lim.denormal, lim.normal, lim.largest, lim.largest / 2, math.sqrt(lim.largest),
        math.log(lim.largest), -math.log(lim.normal), -math.log(lim.denormal),
        rounding, rounding / 2, 1 / lim.unit, 1.0,
    )  # fmt: skip


def kinks(settings: dict[str, Any]) -> tuple[float, ...]:
    """Where a piecewise definition may have its kinks: whole numbers and its own settings."""
    own = [abs(float(v)) for v in settings.values() if isinstance(v, int | float)]
    return tuple(sorted({1.0, 3.0, 6.0, *(v for v in own if math.isfinite(v))}))


def rounded_settings(points: Any, settings: dict[str, Any], dtype: str) -> Any:
    """Where a point is the rounding of a setting that the dtype does not hold exactly.

    A threshold of 0.1 is not the same number in float32, so the point next to it belongs to the
    one side or the other by the rounding of the setting, which is nobody's mistake.
    """
    inexact = [
        abs(v) for v in settings.values()
        if isinstance(v, float) and math.isfinite(v) and float(rounded(v, dtype)) != v
    ]  # fmt: skip
    near = [n for v in inexact for n in (float(rounded(v, dtype)), *neighbours(v, dtype))]
    return np.isin(np.abs(points.astype(np.float64)), np.array(near))


def beside(points: Any, kinks: tuple[float, ...], dtype: str) -> Any:
    """Where a point is the float next to a kink: x + 3 may round it onto the kink itself."""
    near = [n for k in kinks if k for n in neighbours(k, dtype)]
    return np.isin(np.abs(points.astype(np.float64)), np.array(near))


def denormal(points: Any, dtype: str) -> Any:
    """Where a point is below the smallest normal number: some libraries flush it to 0."""
    size = np.abs(points.astype(np.float64))
    return (size > 0) & (size < limits(dtype).normal)


def upstreams(dtype: str) -> tuple[float, ...]:
    """Single upstream gradients: signs, a third, zero, small and large ones."""
    lim = limits(dtype)
    small, large = math.sqrt(lim.normal), math.sqrt(lim.largest) / 4
    return (1.0, -1.0, 1 / 3, 0.1, 0.0, max(1e-30, small), min(1e30, large))


def rounded(numbers: Iterable[float] | Any, dtype: str) -> Any:
    """Numbers as an array of the dtype."""
    with np.errstate(all="ignore"):
        return np.asarray(numbers).astype(numpy_dtype(dtype))


def simplicity(x: float) -> float:
    """How hard a number is to read and to work with by hand."""
    if x in SIMPLE:
        return SIMPLE.index(x)
    if not math.isfinite(x):
        return 40.0
    return 50.0 + len(f"{x:.17g}") + abs(math.log10(abs(x)))
