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
from backprove.check.trial import Bound

K = 8
FOREIGN = 256
ROUGH = 64
FROM_OUTPUT = ("Tanh", "Sigmoid", "Tanhshrink")


def value_bound(table: Table, x: Any, dtype: str, strict: bool = True) -> Bound:
    """What the values may be at the points x; see `slack`."""
    lim, y = limits(dtype), table.y
    k, floor = slack(lim, strict)
    tolerance = k * lim.unit * (np.abs(y) + table.value_scale) + floor
    rough = ROUGH * lim.unit * np.fmax(1, np.fmax(np.abs(y), np.abs(x))) + tolerance
    far, unknown = np.isinf(x), np.isnan(y) & ~np.isnan(x)
    return Bound(y, y, tolerance, _at_most(rough, y, lim), unknown, far)


def gradient_bound(
    table: Table, x: Any, dy: Any, dtype: str, op: Any, strict: bool = True
) -> Bound:
    """What the input gradients may be for the upstream gradient dy; see `slack`."""
    lim, size = limits(dtype), np.abs(dy)
    k, floor = slack(lim, strict)
    steepest = np.fmax(np.abs(table.left), np.abs(table.right))
    terms = steepest + table.slope_scale + _from_output(table, x, op)
    tolerance = k * lim.unit * terms * size + floor * np.fmax(size, 1)
    rough = ROUGH * lim.unit * np.fmax(1, steepest) * size + tolerance
    free = np.isnan(table.left) | np.isnan(table.right) | np.isnan(dy) | np.isnan(x)
    free |= steepest >= lim.largest * (1 - K * lim.unit)
    low, high = table.left * dy, table.right * dy
    return Bound(low, high, tolerance, rough, free, np.isinf(x))


def slack(lim: Any, strict: bool) -> tuple[float, float]:
    """(K, the error that nobody is blamed for): our own operators are held to more than others.

    Others may lose a few digits to a formula of their own, and flush what is so small that it
    vanishes beside the smallest normal number divided by the unit roundoff.
    """
    return (K, lim.floor) if strict else (FOREIGN, lim.normal / lim.unit)


def loosened(bound: Bound) -> Bound:
    """The bound as it is for an operator that is not ours."""
    more = FOREIGN / K * bound.tolerance
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
