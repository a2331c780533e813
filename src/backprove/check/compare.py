"""Holding an outcome against what was expected. NaN and infinity are looked at first."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check.precision import Wide, limits, ulps
from backprove.check.trial import Bound, Failure, Trial

MOST = 60
"""So many failures of one result are kept."""


def failures(trial: Trial, outcome: dict[str, Any]) -> list[Failure]:
    """Every element that is not as expected."""
    found: list[Failure] = []
    for name, bound in trial.expected.items():
        absent = name not in outcome["arrays"]
        if absent and (outcome["partly"] or name in trial.optional):
            continue
        if absent:
            found.append(Failure(trial, name, "missing", (), None, bound.low, bound.high))
            continue
        found += _of_result(trial, name, bound, np.asarray(outcome["arrays"][name]))
    return found


def likewise(like: Failure, trial: Trial, outcome: dict[str, Any]) -> list[Failure]:
    """The failures of the same result and kind in another outcome; none where it gave no arrays."""
    if "arrays" not in outcome:
        return []
    found = failures(trial, outcome)
    return [f for f in found if (f.name, f.kind) == (like.name, like.kind)]


def _of_result(trial: Trial, name: str, bound: Bound, result: Any) -> list[Failure]:
    if result.shape != bound.low.shape:
        return [Failure(trial, name, "shape", (), result.shape, bound.low.shape, bound.high.shape)]
    with np.errstate(all="ignore"):
        x = result.astype(Wide)
        kinds = classify(x, bound, trial.dtype)
    places = list(zip(*np.nonzero(kinds), strict=True)) if x.ndim else [()] * bool(kinds)
    return [_failure(trial, name, bound, x, kinds, place) for place in places[:MOST]]


KINDS = ("", "wrong", "imprecise", "not finite", "special")


def classify(x: Any, bound: Bound, dtype: str) -> Any:
    """0 where the result is as expected, else the number of the kind in KINDS."""
    lim = limits(dtype)
    low, high = np.fmin(bound.low, bound.high), np.fmax(bound.low, bound.high)
    off = np.fmax(np.fmax(low - x, x - high), 0)
    near_largest = lim.largest * (1 - 8 * lim.unit)
    over = np.isinf(x) & np.where(x > 0, high >= near_largest, low <= -near_largest)
    over |= (np.abs(x) >= near_largest) & ((high > near_largest) | (low < -near_largest))
    off = np.where(over | (x == low) | (x == high), 0, off)
    kinds = np.where(off > bound.rough, 1, np.where(off > bound.tolerance, 2, 0))
    nothing = np.isnan(low) | np.isnan(high)
    kinds = np.where(nothing, np.where(np.isnan(x), 0, 1), kinds)
    kinds = np.where(~nothing & ~np.isfinite(x) & ~over & (off > 0), 3, kinds)
    kinds = np.where(~nothing & np.isnan(x), np.where(bound.special, 4, 3), kinds)
    return np.where(bound.free, 0, kinds)


def _failure(trial: Trial, name: str, bound: Bound, x: Any, kinds: Any, place: Any) -> Failure:
    low, high, found = bound.low[place], bound.high[place], x[place]
    expected = low if abs(found - low) <= abs(found - high) else high
    error = abs(found - expected)
    return Failure(
        trial,
        name,
        KINDS[int(kinds[place])],
        tuple(int(i) for i in place),
        found,
        low,
        high,
        float(error),
        ulps(error, expected, trial.dtype) if np.isfinite(error) else float("inf"),
    )
