"""ConfusionMatrix."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.arrays import namespace
from backprove.train.metrics import _classes
from backprove.train.metrics.base import Metric, Sums


class ConfusionMatrix(Metric):
    """How many samples of class i were predicted as class j: row i, column j, K x K.

    y holds scores (N, K), or with a `threshold` one score (N,) or (N, 1); target holds labels
    (N,), (N, 1) or one-hot rows (N, K). A sample with NaN among its scores, or
    whose label is no class, stands in no cell. The counts of one batch are exact below 2**24.
    """

    def __init__(self, threshold: float | None = None) -> None:
        self.threshold = threshold
        self.name = "confusion_matrix"
        self.scalar = False

    def statistics(self, y: Any, target: Any) -> Sums:
        """The matrix of a batch."""
        found = _classes.read("ConfusionMatrix", y, target, self.threshold)
        xp = namespace(found.scores)
        truth = xp.astype(found.truth, xp.float32)
        predicted = xp.astype(found.predicted, xp.float32)
        return {"matrix": xp.astype(xp.matrix_transpose(truth) @ predicted, xp.int32)}

    def result(self, totals: Sums) -> list[list[int]]:
        """The matrix as lists of whole numbers."""
        rows: list[list[int]] = np.asarray(totals["matrix"], dtype=np.int64).tolist()
        return rows
