"""Binary accuracy."""

from __future__ import annotations

from math import prod
from typing import Any

from backprove.arrays import namespace
from backprove.arrays import shape as shape_of
from backprove.errors import UsageError
from backprove.train.metrics import _columns
from backprove.train.metrics.base import Metric, Sums, ratio


class BinaryAccuracy(Metric):
    """The share of right answers where every output is a question of its own: yes or no.

    y and target of one shape, (N, D) or (N,); yes is y > threshold, and target > 1/2. For one
    output per sample it is the accuracy, for D outputs the mean over them (multi-label). NaN is
    wrong. Raises ShapeError for other shapes, UsageError without a threshold.
    """

    def __init__(self, threshold: float | None = None) -> None:
        self.threshold = threshold
        self.name = "binary_accuracy"

    def statistics(self, y: Any, target: Any) -> Sums:
        """How many answers there are, and how many are right."""
        y, target = _columns.read("BinaryAccuracy", y, target)
        if self.threshold is None:
            raise UsageError(
                "{name} of one output per sample needs a threshold: "
                "threshold=0.5 if the output is a probability, threshold=0.0 if it is a logit",
                name="BinaryAccuracy",
            )
        xp = namespace(y)
        right = ((y > self.threshold) == (target > 0.5)) & (y == y)
        return {"right": xp.sum(right), "count": xp.asarray(prod(shape_of(y)), dtype=xp.int32)}

    def result(self, totals: Sums) -> float:
        """right / count."""
        return ratio(totals["right"], totals["count"])
