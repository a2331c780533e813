"""Options out of range are refused when an optimizer or schedule is built."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Any

from backprove.errors import UsageError


def within(owner: str, option: str, value: Any, interval: str) -> Any:
    """`value` as a float, or as a tuple of floats if a tuple or list is given.

    `interval` is written as in mathematics: "[0, 1)" takes 0 and refuses 1. Raises UsageError for
    anything outside, NaN and what is no number included.
    """
    if isinstance(value, tuple | list):
        return tuple(within(owner, f"{option}[{i}]", v, interval) for i, v in enumerate(value))
    if not _inside(value, interval):
        raise UsageError(
            "{owner} expected a number in {interval} as {option}, found {found!r}: "
            "choose one in this range",
            owner=owner,
            option=option,
            interval=interval,
            found=value,
        )
    return float(value)


def _inside(value: Any, interval: str) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value):
        return False
    number, (low, high) = float(value), map(float, interval[1:-1].split(","))
    above = number >= low if interval[0] == "[" else number > low
    return above and (number <= high if interval[-1] == "]" else number < high)


def pair(owner: str, option: str, value: Any) -> None:
    """Raise UsageError unless `value` is a tuple or list of two."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise UsageError(
            "{owner} expected two numbers as {option}, found {found!r}: give them as (a, b)",
            owner=owner,
            option=option,
            found=value,
        )


def whole(owner: str, option: str, value: Any, minimum: int) -> int:
    """`value` as an int. Raises UsageError unless it is a whole number of at least `minimum`."""
    try:
        found = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        found = None
    if found is None or found < minimum:
        raise UsageError(
            "{owner} expected a whole number of at least {minimum} as {option}, found {found!r}: "
            "choose one in this range",
            owner=owner,
            option=option,
            minimum=minimum,
            found=value,
        )
    return found


def one_of(owner: str, option: str, value: Any, known: tuple[Any, ...]) -> None:
    """Raise UsageError unless `value` is one of the known ones."""
    if not any(value is k or (value == k and type(value) is type(k)) for k in known):
        raise UsageError(
            "{owner} expected one of {known} as {option}, found {found!r}: choose one of them",
            owner=owner,
            option=option,
            known=", ".join(map(str, known)),
            found=value,
        )
