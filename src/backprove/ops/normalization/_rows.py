"""What LayerNorm and RMSNorm share: the last axes that they normalise."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from backprove.errors import ShapeError, UsageError


def lengths(name: str, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """The shape as a tuple. Raises UsageError unless it has one or more positive lengths."""
    given = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    found = tuple(int(n) for n in given)
    if not found or min(found) < 1:
        raise UsageError(
            "{name} expected normalized_shape to be one or more positive lengths, found {found}",
            name=name,
            found=normalized_shape,
        )
    return found


def last_axes(normalized_shape: tuple[int, ...]) -> tuple[int, ...]:
    """The last axes, counted from the end."""
    return tuple(range(-len(normalized_shape), 0))


def check_epsilon(name: str, epsilon: float) -> float:
    """Epsilon as a float. Raises UsageError unless it is positive: 0 divides by 0."""
    if not (epsilon > 0 and isfinite(epsilon)):
        raise UsageError(
            "{name} expected a positive epsilon, found {found}: "
            "it keeps constant values from dividing by zero",
            name=name,
            found=epsilon,
        )
    return float(epsilon)


def check_shape(
    name: str, shape: tuple[int, ...], normalized_shape: tuple[int, ...]
) -> tuple[int, ...]:
    """The shape itself. Raises ShapeError unless it ends in `normalized_shape`."""
    if shape[-len(normalized_shape) :] != normalized_shape:
        raise ShapeError(
            "{name} expected x of shape (..., {expected}), found {found}: "
            "the last lengths must be normalized_shape",
            name=name,
            expected=", ".join(map(str, normalized_shape)),
            found=shape,
        )
    return shape
