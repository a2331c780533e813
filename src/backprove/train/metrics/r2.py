"""R2."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.arrays import namespace
from backprove.train.metrics import _columns
from backprove.train.metrics._twofold import times
from backprove.train.metrics.base import Metric, Sums


class R2(Metric):
    """The share of the targets' variance that the output explains.

    1 - sum (target - y)**2 / sum (target - mean)**2 for each output column, then the mean over
    the columns. 1 is perfect, 0 no better than the mean, and there is no lower bound.
    A column of equal targets (their standard deviation below 2e-7 of their mean) gives 1 if there
    is no error and 0 otherwise. Fewer than two samples give NaN, and so does NaN anywhere.

    The denominator over all batches is the difference of two large sums when the mean is far
    from 0 (years, prices). Each batch is therefore centred on its own mean m, and n m and n m**2
    are given as a rounded value and what the rounding lost: added up in float64, float32
    batches give a denominator as good as centred float32 data would.

    y and target (N, ...) of one shape, where (N,) and (N, 1) are the same.
    """

    def __init__(self) -> None:
        self.name = "r2"

    def statistics(self, y: Any, target: Any) -> Sums:
        """Count; for each column the error, the sum and the sum of squares, twofold (2, D)."""
        y, target = _columns.read("R2", y, target)
        xp, n = namespace(y), target.shape[0]
        mean = xp.sum(target, axis=0) / max(n, 1)
        rest, error = target - mean, y - target
        total, lost = times(xp, xp.full_like(mean, n), mean)
        square, low = times(xp, mean, mean)
        squares, lower = times(xp, xp.full_like(mean, n), square)
        drift = xp.sum(rest, axis=0)
        lower = lower + n * low + (2 * mean * drift + xp.sum(rest * rest, axis=0))
        return {
            "count": xp.asarray(n, dtype=xp.int32),
            "error": xp.sum(error * error, axis=0),
            "sum": xp.stack([total, lost + drift]),
            "squares": xp.stack([squares, lower]),
        }

    def result(self, totals: Sums) -> float:
        """1 - error / (squares - sum**2 / count), the mean over the columns."""
        n = int(totals["count"])
        if n < 2:
            return float("nan")
        error, total, squares = (
            np.asarray(totals[k], dtype=np.float64) for k in ("error", "sum", "squares")
        )
        mean = total.sum(axis=0) / n
        spread = squares.sum(axis=0) - n * mean * mean
        flat = spread <= n * (2e-7 * mean) ** 2
        constant = np.where(error == 0, 1.0, np.where(np.isnan(error), np.nan, 0.0))
        return float(np.mean(np.where(flat, constant, 1 - error / np.where(flat, 1.0, spread))))
