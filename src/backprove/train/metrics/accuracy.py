"""Accuracy."""

from __future__ import annotations

from typing import Any

from backprove.arrays import namespace
from backprove.errors import UsageError
from backprove.train.metrics import _classes
from backprove.train.metrics.base import Metric, Sums, at_least, ratio


class Accuracy(Metric):
    """The share of samples whose class is among the `top_k` highest scores.

    See `_classes.read` for the forms of y and target. The rank of the true class is the number of
    classes with a larger score, and of those with the same score and a lower index, so that a net
    that answers the same for all classes is not right everywhere; for top_k = 1 this is argmax.
    A sample with NaN among its scores counts as wrong, and so does one whose label is no class.
    """

    def __init__(self, top_k: int = 1, threshold: float | None = None) -> None:
        self.top_k = at_least("Accuracy", "top_k", top_k, 1)
        self.threshold = threshold
        self.name = "accuracy" if top_k == 1 else f"accuracy_top{top_k}"

    def statistics(self, y: Any, target: Any) -> Sums:
        """How many samples there are, and how many are right."""
        scores, truth, predicted = _classes.read("Accuracy", y, target, self.threshold)
        xp, k = namespace(scores), truth.shape[1]
        if self.top_k > k:
            raise UsageError(
                "Accuracy expected top_k up to the number of classes, {classes}, found {found}",
                classes=k,
                found=self.top_k,
            )
        own = xp.sum(xp.where(truth, scores, 0.0), axis=1)[:, None]
        column = xp.arange(k, dtype=xp.int32)
        label = xp.sum(xp.where(truth, column, 0), axis=1)[:, None]
        above = (scores > own) | ((scores == own) & (column < label))
        known = xp.any(truth, axis=1) & xp.any(predicted, axis=1)
        right = known & (xp.sum(above, axis=1) < self.top_k)
        return {"right": xp.sum(right), "count": xp.asarray(truth.shape[0], dtype=xp.int32)}

    def result(self, totals: Sums) -> float:
        """right / count."""
        return ratio(totals["right"], totals["count"])
