"""What the operators of two inputs share: one shape for the output, and the adds that sum back."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from backprove.arrays import namespace
from backprove.arrays import shape as shape_of
from backprove.counts import Count
from backprove.errors import DTypeError, ShapeError

Shape = tuple[int, ...]


def shapes_of(op: str, a: Any, b: Any) -> tuple[Shape, Shape]:
    """The shapes of both inputs. Raises DTypeError if one of them is not an array."""
    for name, x in (("a", a), ("b", b)):
        if not hasattr(x, "shape"):
            raise DTypeError(
                "{op} expected an array for {name}, found {found}: wrap it with asarray",
                op=op,
                name=name,
                found=type(x).__name__,
            )
    namespace(a, b)
    return shape_of(a), shape_of(b)


def broadcast(op: str, a: Shape, b: Shape) -> Shape:
    """The shape that two shapes broadcast to. Raises ShapeError if they do not."""
    try:
        return np.broadcast_shapes(a, b)
    except ValueError:
        raise ShapeError(
            "{op} expected shapes that broadcast, found {a} and {b}: "
            "lengths, compared from the last axis on, must be equal or 1",
            op=op,
            a=a,
            b=b,
        ) from None


def summing(output: Shape, target: Shape) -> Count:
    """The adds that sum an array of the output's shape back to an input's shape."""
    return Count(flop=max(prod(output) - prod(target), 0))
