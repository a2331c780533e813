"""Results that a dtype is too coarse to judge: what rounding allows reaches as far as zero."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check.trial import Bound, Trial


def undecided(runs: list[tuple[Trial, dict[str, Any]]]) -> list[tuple[str, str]]:
    """(dtype, result) where another dtype could tell the result from 0 and this one could not."""
    seen: dict[tuple[str, str], bool] = {}
    for trial, _ in runs:
        for name, bound in trial.expected.items():
            if not _expects(bound):
                continue
            key = (trial.dtype, name)
            seen[key] = seen.get(key, False) or _tells(bound)
    decided = {name for (_, name), tells in seen.items() if tells}
    return [(dtype, name) for (dtype, name), tells in seen.items() if not tells and name in decided]


def uncompared(runs: list[tuple[Trial, dict[str, Any]]]) -> bool:
    """Whether no value in float64 was held against anything: there is no reference for it."""
    bounds = [t.expected["y"] for t, _ in runs if t.dtype == "float64" and "y" in t.expected]
    return bool(bounds) and not any(_expects(bound) for bound in bounds)


def _expects(bound: Bound) -> bool:
    """Whether anything is expected at all: without a definition a value is not judged."""
    return bool(np.any(~bound.free & np.isfinite(bound.tolerance) & ~np.isnan(bound.low)))


def _tells(bound: Bound) -> bool:
    """Whether a result of 0 would be found wrong somewhere."""
    with np.errstate(all="ignore"):
        low, high = bound.low - bound.tolerance, bound.high + bound.tolerance
        return bool(np.any(~bound.free & ((low > 0) | (high < 0))))
