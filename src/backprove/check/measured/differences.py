"""One-sided derivatives of a function that can only be run, each with an error bar.

For every side the quotients (f(x + h) - f(x)) / h at steps h that shrink by 4 are extrapolated to
h = 0 over neighbouring steps (Richardson). The error bar is what the last extrapolation
changed, plus the noise of f divided by h. From the smallest step upwards the best bar is kept,
as long as every larger step agrees: a kink or jump further away ends the search. Where the two
sides agree within their bars the function is smooth, and central quotients are used.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from backprove.check.precision import Wide

STEPS = 4.0 ** -np.arange(1, 13)
"""Steps, as shares of max(1, |x|) or of |x|, from the largest to the smallest."""

LEVELS = 4
NOISE = 4.0
JUMP = 1e5


class Slopes(NamedTuple):
    """Derivatives from the left and the right, their error, and the size of the second one."""

    left: Any
    right: Any
    error: Any
    bend: Any


class Side(NamedTuple):
    """f at the steps of one side, largest first, and the steps that were really taken."""

    f: Any
    h: Any


def slopes(base: Any, below: Side, above: Side, unit: float) -> Slopes:
    """The slopes at points with the value `base`; `unit` is the roundoff of the values."""
    with np.errstate(all="ignore"):
        left, left_error, left_bend = _one_sided(base, below, unit)
        right, right_error, right_bend = _one_sided(base, above, unit)
        left_jumps = np.abs(left) > JUMP * (1 + np.abs(right))
        right_jumps = np.abs(right) > JUMP * (1 + np.abs(left))
        lost_left, lost_right = ~np.isfinite(left_error), ~np.isfinite(right_error)
        use_right, use_left = left_jumps & ~lost_right, right_jumps & ~lost_left
        left, left_error = _chosen(use_right, right, right_error, left, left_error)
        right, right_error = _chosen(use_left, left, left_error, right, right_error)
        middle, middle_error = _central(base, below, above, unit)
        smooth = np.abs(left - right) <= left_error + right_error
        better = smooth & (middle_error < np.fmin(left_error, right_error))
        low, high = np.where(better, middle, left), np.where(better, middle, right)
        error = np.where(better, middle_error, np.fmax(left_error, right_error))
        single = smooth & ~better
        first = left_error < right_error
        low = np.where(single & ~first, right, low)
        high = np.where(single & first, left, high)
        error = np.where(single, np.fmin(left_error, right_error), error)
    return Slopes(low, high, error, np.fmin(left_bend, right_bend))


def _chosen(use: Any, new: Any, new_error: Any, old: Any, old_error: Any) -> tuple[Any, Any]:
    return np.where(use, new, old), np.where(use, new_error, old_error)


def _one_sided(base: Any, side: Side, unit: float) -> tuple[Any, Any, Any]:
    """Derivative, its error bar, and the second derivative's size, from one side."""
    quotient = (side.f - base) / side.h
    noise = _noise(base, side, quotient, unit)
    found, error = _extrapolated(quotient, 4.0, noise / np.abs(side.h))
    bend = 2 * np.abs(quotient[1:4] - quotient[:3]) / np.abs(side.h[1:4] - side.h[:3])
    return (*_nested(found, error), np.nanmax(np.where(np.isfinite(bend), bend, 0), axis=0))


def _central(base: Any, below: Side, above: Side, unit: float) -> tuple[Any, Any]:
    quotient = (above.f - below.f) / (above.h - below.h)
    noise = np.fmax(
        _noise(base, below, (below.f - base) / below.h, unit),
        _noise(base, above, (above.f - base) / above.h, unit),
    )
    return _nested(*_extrapolated(quotient, 16.0, noise / np.abs(above.h)))


def _extrapolated(quotient: Any, ratio: float, noise: Any) -> tuple[Any, Any]:
    """The limits of windows of neighbouring quotients, and their error bars."""
    column = quotient
    for level in range(1, LEVELS + 1):
        before, factor = column, ratio**level
        column = (factor * column[1:] - column[:-1]) / (factor - 1)
    return column, np.abs(column - before[1:]) + 3 * noise[LEVELS:]


def _noise(base: Any, side: Side, quotient: Any, unit: float) -> Any:
    """How far f may be from smooth: its rounding, or what its smallest steps show if more."""
    nearest = np.fmax(np.abs(base), np.abs(side.f[-3:]).max(axis=0))
    first = (4 * quotient[-5:][1:] - quotient[-5:][:-1]) / 3
    second = (16 * first[1:] - first[:-1]) / 15
    last = np.abs(np.diff(second, axis=0)) * np.abs(side.h[-2:])
    return np.fmax(NOISE * unit * nearest, 2 * np.nanmax(_finite(last), axis=0))


def _finite(x: Any) -> Any:
    return np.where(np.isfinite(x), x, 0)


def _nested(found: Any, error: Any) -> tuple[Any, Any]:
    """The estimate with the smallest bar, from small steps to large ones while they agree."""
    error = np.where(np.isfinite(error) & np.isfinite(found), error, np.inf)
    best, bar = found[-1], error[-1]
    agree = np.ones(np.shape(bar), dtype=bool)
    for k in range(len(found) - 2, -1, -1):
        known = np.isfinite(error[k]) & np.isfinite(bar)
        agree &= ~known | (np.abs(found[k] - best) <= error[k] + bar)
        better = agree & (error[k] < bar)
        best, bar = np.where(better, found[k], best), np.where(better, error[k], bar)
    return np.where(np.isfinite(bar), best, np.nan), bar


def steps(x: Any, relative: bool) -> Any:
    """Steps for every point, shape (len(STEPS), ...); relative ones are shares of |x| alone."""
    size = np.abs(x) if relative else np.fmax(1, np.abs(x))
    return np.multiply.outer(STEPS.astype(Wide), size).astype(np.asarray(x).dtype)


def merged(coarse: Slopes, fine: Slopes) -> Slopes:
    """Those with the smaller error bar, but the fine ones where the two contradict each other."""
    with np.errstate(all="ignore"):
        bars = coarse.error + fine.error
        apart = (np.abs(coarse.left - fine.left) > bars) | (
            np.abs(coarse.right - fine.right) > bars
        )
        use = (apart & np.isfinite(fine.error)) | ~(coarse.error <= fine.error)
    columns = [np.where(use, b, a) for a, b in zip(coarse, fine, strict=True)]
    bend = np.fmax(coarse.bend, np.where(use, fine.bend, 0))
    return Slopes(columns[0], columns[1], columns[2], bend)
