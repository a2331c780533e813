"""The arguments of losses: each is returned as it is kept, or refused with what was expected."""

from __future__ import annotations

from math import isfinite
from typing import Any

from backprove.errors import UsageError, unknown

REDUCTIONS = ("mean", "sum", "none")
Weight = float | tuple[float, ...] | None


def reduction(found: str, known: tuple[str, ...] = REDUCTIONS) -> str:
    """One of the known reductions. Raises UsageError for another."""
    if found not in known:
        raise unknown("reduction", found, known)
    return found


def weight(name: str, key: str, found: Any) -> Weight:
    """None, a number, or a tuple of numbers. Raises UsageError unless all are finite and >= 0."""
    if found is None:
        return None
    several = hasattr(found, "__len__") and getattr(found, "shape", None) != ()
    numbers = tuple(float(w) for w in found) if several else (float(found),)
    if not all(isfinite(w) and w >= 0 for w in numbers):
        raise UsageError(
            "{name} expected {key} to be finite and not negative, found {found}",
            name=name,
            key=key,
            found=numbers if several else numbers[0],
        )
    return numbers if several else numbers[0]


def class_weights(name: str, found: Any) -> Weight:
    """None or one weight for each class. Raises UsageError for anything else."""
    weights = weight(name, "weight", found)
    if isinstance(weights, float):
        raise UsageError(
            "{name} expected one weight for each class, found the number {found}: give a list",
            name=name,
            found=weights,
        )
    return weights


def ignore_index(name: str, found: Any) -> int:
    """A whole number of 32 bits. Raises UsageError for anything else."""
    if not hasattr(found, "__index__") or not -(2**31) <= found < 2**31:
        raise UsageError(
            "{name} expected ignore_index to be a whole number of 32 bits, found {found!r}",
            name=name,
            found=found,
        )
    return int(found)


def smoothing(name: str, found: float) -> float:
    """A number in [0, 1]. Raises UsageError for another."""
    if not 0.0 <= found <= 1.0:
        raise UsageError(
            "{name} expected label_smoothing between 0 and 1, found {found}", name=name, found=found
        )
    return float(found)


def epsilon(name: str, found: float, zero: bool = False) -> float:
    """A number above 0, or with `zero` from 0 on, and below 1/2. Raises UsageError for another."""
    if not (0.0 < found < 0.5 or (zero and found == 0.0)):
        raise UsageError(
            "{name} expected epsilon above 0 and below 0.5, found {found}: the usual one is 1e-7",
            name=name,
            found=found,
        )
    return float(found)
