"""Tolerances from the conditioning of the function and the unit roundoff of the dtype.

    |result - exact| <= K u (|exact| + S)

For a value S is |x f'(x)|, what a rounding of the input may change. For a gradient S is |x f''(x)|
and, for the few functions whose textbook backward is written with the output y (tanh: 1 - y*y),
what a rounding of y may change in it. Nothing depends on the size of the array.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from backprove.check.pointwise import Table
from backprove.check.precision import limits
from backprove.check.terms import gradient_terms, value_terms
from backprove.check.trial import Bound

K = 8
HALF = 2.0**-12
"""The unit roundoff of half precisions is above this."""

FOREIGN = 256
ROUGH = 64
FROM_OUTPUT = ("Tanh", "Sigmoid", "Tanhshrink")


def value_bound(table: Table, x: Any, dtype: str, strict: bool = True, op: Any = None) -> Bound:
    """What the values may be at the points x; see `slack`."""
    lim, y = limits(dtype), table.y
    k, floor = slack(lim, strict)
    terms = np.abs(y) + table.value_scale + (0 if strict else value_terms(op, x))
    tolerance = k * lim.unit * terms + floor
    rough = ROUGH * lim.unit * np.fmax(1, np.fmax(np.abs(y), np.abs(x))) + tolerance
    far, unknown = np.isinf(x), np.isnan(y) & ~np.isnan(x)
    rough = np.fmax(_at_most(rough, y, lim), tolerance)
    return _coarse(Bound(y, y, tolerance, rough, unknown, far), lim, strict)


def gradient_bound(
    table: Table, x: Any, dy: Any, dtype: str, op: Any, strict: bool = True
) -> Bound:
    """What the input gradients may be for the upstream gradient dy; see `slack`.

    Where x dy overflows, NaN is a convention for an operator that is not ours.
    """
    lim, size = limits(dtype), np.abs(dy)
    k, floor = slack(lim, strict)
    steepest = np.fmax(np.abs(table.left), np.abs(table.right))
    terms = steepest + table.slope_scale + _from_output(table, x, op)
    terms = terms + (0 if strict else gradient_terms(op, x))
    tolerance = k * lim.unit * terms * size + floor * np.fmax(size, 1)
    rough = ROUGH * lim.unit * np.fmax(1, steepest) * size + tolerance
    free = np.isnan(table.left) | np.isnan(table.right) | np.isnan(dy) | np.isnan(x)
    free |= steepest >= lim.largest * (1 - K * lim.unit)
    low, high = table.left * dy, table.right * dy
    far = np.isinf(x)
    if not strict:
        far |= np.abs(x) * np.fmax(1, size) >= lim.largest / 8
    return _coarse(Bound(low, high, tolerance, rough, free, far), lim, strict)


def slack(lim: Any, strict: bool) -> tuple[float, float]:
    """(K, the error that nobody is blamed for): our own operators are held to more than others.

    Others may lose a few digits to a formula of their own, and flush what is so small that it
    vanishes beside the smallest normal number divided by the unit roundoff. A half precision has
    no digits to lose.
    """
    if strict or lim.unit > HALF:
        return K, lim.floor if strict else lim.normal
    return FOREIGN, lim.normal / lim.unit


def _coarse(bound: Bound, lim: Any, strict: bool) -> Bound:
    """For an operator that is not ours, a loss of digits in half precision is not looked at."""
    return bound if strict or lim.unit < HALF else replace(bound, tolerance=bound.rough)


def loosened(bound: Bound, dtype: str, terms: float = 0.0) -> Bound:
    """The bound as it is for an operator that is not ours, whose formula adds up such terms."""
    lim = limits(dtype)
    if lim.unit > HALF:
        return _coarse(replace(bound, rough=4 * bound.rough), lim, False)
    more = FOREIGN * (bound.tolerance / K + lim.unit * terms)
    return replace(bound, tolerance=more, rough=np.fmax(bound.rough, more))


def freed(bound: Bound, places: Any) -> Bound:
    """The bound that expects nothing at these places."""
    return replace(bound, free=bound.free | places)


def _at_most(rough: Any, y: Any, lim: Any) -> Any:
    """A loss of digits leaves a digit: an error as large as the value itself is a wrong value."""
    return np.where(np.abs(y) > 64 * lim.unit, np.fmin(rough, np.abs(y) / 2), rough)


def _from_output(table: Table, x: Any, op: Any) -> Any:
    if type(op).__name__ not in FROM_OUTPUT:
        return 0
    bend = np.abs(table.slope_scale / np.where(x == 0, 1, x))
    ratio = np.where(table.left == 0, 1, bend / np.abs(table.left))
    return np.where(np.isfinite(ratio), np.fmin(ratio, 4) * np.abs(table.y), 1)
