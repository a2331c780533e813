"""MAE."""

from __future__ import annotations

from typing import Any, ClassVar

from backprove.arrays import namespace
from backprove.train.metrics import _columns
from backprove.train.metrics.base import Metric, Sums, ratio


class MAE(Metric):
    """The mean of |y - target| over all samples and outputs.

    y and target (N, ...) of one shape, where (N,) and (N, 1) are the same. NaN anywhere gives NaN.
    """

    best: ClassVar[str] = "min"

    def __init__(self) -> None:
        self.name = "mae"

    def statistics(self, y: Any, target: Any) -> Sums:
        """The summed distances, and how many there are."""
        y, target = _columns.read("MAE", y, target)
        xp = namespace(y)
        return {"error": xp.sum(xp.abs(y - target)), "count": xp.asarray(y.size, dtype=xp.int32)}

    def result(self, totals: Sums) -> float:
        """error / count."""
        return ratio(totals["error"], totals["count"])
