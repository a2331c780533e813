"""Exact values and one-sided derivatives of an elementwise definition, point by point.

Each point is stepped away from by 1e-25 of its size with as many digits as that needs, and two
steps cancel the error of the first order (Richardson). Left and right derivative are kept apart:
where they differ the definition has a kink, where the value itself jumps the side that the value
belongs to counts. Infinity stands for the limit; NaN has a value (NaN) and no derivative.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import mpmath
import numpy as np

from backprove.check.precision import Wide, to_wide
from backprove.oracle.exact import HighPrecision

STEP = mpmath.mpf(10) ** -25
FAR = mpmath.mpf(10) ** 60
JUMP = 1e12
TINY = 1e-10
LOST = 1e-30
"""exp(-700) beside 1 needs more than 600 digits: results below this are found again with more."""


class Table(NamedTuple):
    """For every point: value, derivatives from both sides, and the size of x f' and x f''."""

    y: Any
    left: Any
    right: Any
    value_scale: Any
    slope_scale: Any

    def at(self, index: Any) -> Table:
        """The entries of some points."""
        return Table(*(column[index] for column in self))


def table(op: Any, points: Any, context: dict[str, Any] | None = None) -> Table:
    """The table of a definition at the points of a floating array."""
    cls, settings = type(op), repr(sorted(vars(op).items(), key=lambda item: item[0]))
    key = (cls, settings, points.dtype.name, points.tobytes(), repr(context))
    return _kept(_Key(key, op, points, context or {}))


class _Key:
    """Compared by what identifies the table only."""

    def __init__(self, key: Any, op: Any, points: Any, context: dict[str, Any]) -> None:
        self.key, self.op, self.points, self.context = key, op, points, context

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.key == self.key


@cache
def _kept(key: _Key) -> Table:
    x = key.points.astype(np.float64)
    size = np.abs(x)
    columns = [np.full(x.shape, np.nan, dtype=Wide) for _ in Table._fields]
    tiny = (size < TINY) & (x != 0)
    with np.errstate(all="ignore"):
        _fill(columns, key, x, ~np.isnan(x) & ~tiny, 80)
        y, left, right = columns[:3]
        lost = np.fmin(np.fmin(np.abs(y), np.abs(left)), np.abs(right)) < LOST
        lost &= (size < 2000) & (size > TINY)
        _fill(columns, key, x, lost & ~_confirmed(columns, key, x, lost), 720)
        _fill(columns, key, x, tiny, 400)
        if getattr(key.op, "wavy", False):
            _fill(columns, key, x, (size > 1e4) & np.isfinite(x), 720)
    return Table(*columns)


def _confirmed(columns: list[Any], key: _Key, x: Any, chosen: Any) -> Any:
    """Where more digits give the same in all columns, nothing 0: nothing has cancelled."""
    same = np.zeros(x.shape, dtype=bool)
    if chosen.any():
        again = _evaluate(key.op, x[chosen], 160, key.context)
        near = [
            (b != 0) & (np.abs(a[chosen] - b) <= 1e-6 * np.abs(b))
            for a, b in zip(columns, again, strict=True)
        ]
        same[chosen] = np.logical_and.reduce(near)
    return same


def _fill(columns: list[Any], key: _Key, x: Any, chosen: Any, digits: int) -> None:
    """Evaluate the chosen points with so many digits."""
    if chosen.any():
        found = _evaluate(key.op, x[chosen], digits, key.context)
        for column, part in zip(columns, found, strict=True):
            column[chosen] = part


def _evaluate(op: Any, x: Any, digits: int, context: dict[str, Any]) -> Table:
    with mpmath.workdps(digits):
        m = HighPrecision()
        p = m.array(np.where(np.isinf(x), 0.0, x))
        p = np.where(np.isinf(x), np.where(x > 0, FAR, -FAR), p)
        most = 1 if getattr(op, "wavy", False) else mpmath.inf
        h = np.array([min(abs(v), most) * STEP if v else STEP for v in p], dtype=object)
        f = [definition_at(op, m, p + k * h, context) for k in (-2, -1, 0, 1, 2)]
        left = (3 * f[2] - 4 * f[1] + f[0]) / (2 * h)
        right = (4 * f[3] - f[4] - 3 * f[2]) / (2 * h)
        bend = [abs(f[0] - 2 * f[1] + f[2]) / h**2, abs(f[4] - 2 * f[3] + f[2]) / h**2]
        y, low, high = to_wide(f[2]), to_wide(left), to_wide(right)
        second = np.fmin(to_wide(bend[0]), to_wide(bend[1]))
        further = to_wide(definition_at(op, m, p * np.where(np.isinf(x), FAR, 1), context))
    low, high = (np.where((x == 0) & (np.abs(v) < 1e-40), 0, v) for v in (low, high))
    grows = (np.abs(further) > 1.5 * np.abs(y)) & (np.abs(y) > 1)
    wavers = np.isinf(x) & ~grows & (np.abs(further - y) > 1e-20 * np.fmax(1, np.abs(y)))
    y = np.where(grows, further * Wide("inf"), np.where(wavers & (np.abs(y) < 1e40), np.nan, y))
    return _limits(x, y, *_without_jumps(low, high), second)


def _limits(x: Any, y: Any, left: Any, right: Any, second: Any) -> Table:
    """The table's columns, with values at infinity in place of those far out."""
    far = np.isinf(x)
    y = np.where(far & (np.abs(y) > 1e40), np.copysign(np.inf, y), y)
    y, left, right = (np.where(far & (np.abs(v) < 1e-25), 0, v) for v in (y, left, right))
    steepest = np.fmax(np.abs(left), np.abs(right))
    size = np.where(far, 0, np.abs(x)).astype(Wide)
    slope_scale = np.where(np.abs(x) < TINY, steepest, size * second)
    return Table(y, left, right, size * steepest, np.where(far, 0, slope_scale))


def _without_jumps(left: Any, right: Any) -> tuple[Any, Any]:
    """A derivative across a jump is enormous: the other side's counts for both."""
    jump_left = np.abs(left) > JUMP * (1 + np.abs(right))
    jump_right = np.abs(right) > JUMP * (1 + np.abs(left))
    return np.where(jump_left, right, left), np.where(jump_right, left, right)


def definition_at(op: Any, m: Any, x: Any, context: dict[str, Any]) -> Any:
    """The definition at all points, or one by one where some are outside its domain."""
    try:
        return np.asarray(op.definition(m, x, **context), dtype=object) + 0 * x
    except (ArithmeticError, ValueError):
        return np.array([_single(op, m, v, context) for v in x], dtype=object)


def _single(op: Any, m: Any, v: Any, context: dict[str, Any]) -> Any:
    try:
        found = np.asarray(op.definition(m, np.array([v], dtype=object), **context), dtype=object)
        return found.ravel()[0]
    except (ArithmeticError, ValueError):
        return mpmath.nan
