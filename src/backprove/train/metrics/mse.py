"""MSE."""

from __future__ import annotations

from typing import Any, ClassVar

from backprove.arrays import namespace
from backprove.train.metrics import _columns
from backprove.train.metrics.base import Metric, Sums, ratio


class MSE(Metric):
    """The mean of (y - target)**2 over all samples and outputs.

    y and target (N, ...) of one shape, where (N,) and (N, 1) are the same. NaN anywhere gives NaN.
    """

    best: ClassVar[str] = "min"

    def __init__(self) -> None:
        self.name = "mse"

    def statistics(self, y: Any, target: Any) -> Sums:
        """The summed squares, and how many there are."""
        y, target = _columns.read("MSE", y, target)
        xp, error = namespace(y), y - target
        return {"error": xp.sum(error * error), "count": xp.asarray(y.size, dtype=xp.int32)}

    def result(self, totals: Sums) -> float:
        """error / count."""
        return ratio(totals["error"], totals["count"])
