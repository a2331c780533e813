"""Whether float64 results have only the digits of a narrower dtype, and which one.

Either every result is a number of that dtype, or all errors are as large as its rounding makes
them, or the results are exact for settings that were rounded to float32.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np

from backprove.check import bounds
from backprove.check.cells import Tally
from backprove.check.compare import classify
from backprove.check.pointwise import table
from backprove.check.precision import Wide, limits
from backprove.check.trial import Failure, Trial
from backprove.oracle.wire import numpy_dtype

NARROW = ("float16", "bfloat16", "float32")
FEW, MOST = 4, 24
LARGEST, SMALLEST = 2.0**-21, 2.0**-30
"""Errors between these, in shares of the terms, are those of float32."""


def narrower(name: str, own: Sequence[Failure], tally: Tally) -> str:
    """The dtype that explains all failures of a result in float64; "" if none does."""
    wide = [f for f in own if f.trial.dtype == "float64" and f.kind in ("wrong", "imprecise")]
    if not wide or len(wide) < len([f for f in own if f.kind == "wrong"]) // 2:
        return ""
    for dtype in NARROW:
        if _representable(name, dtype, tally):
            return dtype
    return "float32" if _as_large(wide) or _rounded_settings(name, wide, tally) else ""


def digits_lost(failure: Failure) -> bool:
    """Whether a number has less than two right digits."""
    return failure.error > 0.01 * abs(float(failure.low))


def _representable(name: str, dtype: str, tally: Tally) -> bool:
    """Whether all results are numbers of the dtype that the right ones are not.

    Where all that went in are numbers of the dtype, short results are no wonder: there they count
    only if they are the right ones rounded.
    """
    seen = 0
    for trial, outcome in tally.runs:
        found = outcome["arrays"].get(name)
        if trial.dtype != "float64" or found is None or name not in trial.expected:
            continue
        exact = trial.expected[name].low.astype(np.float64)
        with np.errstate(all="ignore"):
            x, e = np.asarray(found), exact[np.isfinite(exact)]
            if not np.array_equal(x, _in(x, dtype), equal_nan=True):
                return False
            if _long(trial, dtype) or np.array_equal(x, _in(exact, dtype), equal_nan=True):
                seen += int(np.sum(e != _in(e, dtype)))
    return seen >= FEW


def _long(trial: Trial, dtype: str) -> bool:
    """Whether some number that went in is not one of the dtype."""
    floating = [np.asarray(a) for a in (*trial.inputs, trial.dy, *trial.values.values())]
    with np.errstate(all="ignore"):
        return any(
            a.dtype.kind == "f" and not np.array_equal(a, _in(a, dtype), equal_nan=True)
            for a in floating
        )


def _in(x: Any, dtype: str) -> Any:
    return np.asarray(x).astype(numpy_dtype(dtype)).astype(np.float64)


def _as_large(wide: Sequence[Failure]) -> bool:
    ratios = [f.error / max(abs(float(f.low)), _terms(f), 1e-300) for f in wide if f.error > 0]
    seen = max((f.error / max(abs(float(f.low)), 1e-300) for f in wide), default=0.0)
    return bool(ratios) and SMALLEST < seen and all(r < LARGEST for r in ratios)


def _terms(failure: Failure) -> float:
    """The size of what the formula adds up there, as far as its tolerance says."""
    tolerance = failure.trial.expected[failure.name].tolerance
    return float(tolerance[failure.place]) / (bounds.FOREIGN * limits("float64").unit)


def _rounded_settings(name: str, wide: Sequence[Failure], tally: Tally) -> bool:
    """Whether an elementwise operator is right for settings rounded to float32."""
    if name not in ("y", "d0"):
        return False
    for failure in wide[:: max(1, len(wide) // MOST)]:
        cell = tally.points.get(id(failure.trial))
        if cell is None or getattr(cell, "op", None) is None:
            return False
        op = copy.copy(cell.op)
        for key, value in vars(op).items():
            if isinstance(value, float):
                setattr(op, key, float(np.float32(value)))
        x = failure.trial.inputs[0][failure.place].reshape(1)
        dy = failure.trial.dy[failure.place].reshape(1).astype(Wide)
        with np.errstate(all="ignore"):
            part, at = table(op, x, cell.context), x.astype(Wide)
            bound = bounds.value_bound(part, at, "float64", False, op)
            if name == "d0":
                bound = bounds.gradient_bound(part, at, dy, "float64", op, False)
            if classify(np.array([failure.found], dtype=Wide), bound, "float64")[0]:
                return False
    return True
