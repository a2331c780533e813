"""Outputs and targets of a regression, brought to one shape."""

from __future__ import annotations

from math import prod
from typing import Any

from backprove.arrays import cast, is_floating, library, namespace
from backprove.arrays import shape as shape_of
from backprove.errors import ShapeError


def read(name: str, y: Any, target: Any) -> tuple[Any, Any]:
    """y and target as (N, D) of y's dtype, at least float32; (N,) is read as (N, 1).

    Raises ShapeError where the shapes differ in more than that: nothing is broadcast.
    """
    xp = namespace(y)
    target = target if library(target) == library(y) else xp.asarray(target)
    ours, theirs = (_column(shape_of(x)) for x in (y, target))
    if not ours:
        raise ShapeError("{name} expected an output for each sample, found one number", name=name)
    if ours != theirs:
        raise ShapeError(
            "{name} expected target of the shape of the output, {expected}, found {found}",
            name=name,
            expected=shape_of(y),
            found=shape_of(target),
        )
    dtype = y.dtype if is_floating(y) and y.dtype.itemsize >= 4 else xp.float32
    rows = (ours[0], prod(ours[1:]))
    return cast(xp.reshape(y, rows), dtype), cast(xp.reshape(target, rows), dtype)


def _column(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (*shape, 1) if len(shape) == 1 else shape
