"""The check of hyper-parameters that piecewise activations share."""

from __future__ import annotations

from math import isfinite

from backprove.errors import UsageError


def finite(op: str, name: str, value: float) -> float:
    """The value as a float. Raises UsageError if it is NaN or infinite."""
    number = float(value)
    if not isfinite(number):
        raise UsageError(
            "{op} expected a finite {name}, found {found}", op=op, name=name, found=value
        )
    return number


def not_negative(op: str, name: str, value: float) -> float:
    """The value as a float. Raises UsageError if it is negative, NaN or infinite."""
    number = finite(op, name, value)
    if number < 0:
        raise UsageError(
            "{op} expected {name} to be 0 or more, found {found}", op=op, name=name, found=value
        )
    return number
