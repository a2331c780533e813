"""What precision, recall and F1 share: counts of each class, and their averages."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.arrays import namespace
from backprove.errors import UsageError
from backprove.train.metrics import _classes
from backprove.train.metrics.base import Metric, Sums

AVERAGES = ("macro", "micro", "weighted", None)


class Counted(Metric):
    """A metric made of three counts of each class k.

    right: samples of class k that are predicted as k; predicted: samples predicted as k;
    actual: samples of class k.

    average:
      "macro"     the mean over the classes that occur among the labels or the predictions
      "micro"     the counts of all classes added up first
      "weighted"  the mean over the classes, weighted by `actual`
      None        a list, one value a class
      an index    the value of this class; 1 is the usual choice for two classes

    Where a class has no sample to divide by, its value is `zero_division`. y holds scores
    (N, K), or with a `threshold` one score (N,) or (N, 1); target holds labels (N,), (N, 1) or
    one-hot rows (N, K). A sample with NaN among its scores is predicted as no class.
    """

    base: str

    def __init__(
        self,
        average: str | int | None = "macro",
        threshold: float | None = None,
        zero_division: float = 0.0,
    ) -> None:
        index = isinstance(average, int) and not isinstance(average, bool) and average >= 0
        if not index and average not in AVERAGES:
            raise UsageError(
                "{name} expected average to be macro, micro, weighted, None or the index of a "
                "class, found {found!r}",
                name=type(self).__name__,
                found=average,
            )
        self.average = average
        self.threshold = threshold
        self.zero_division = float(zero_division)
        self.scalar = average is not None
        plain = self.base if average == "macro" else f"{self.base}_{average}"
        self.name = f"{self.base}_per_class" if average is None else plain

    def statistics(self, y: Any, target: Any) -> Sums:
        """The three counts of each class, each (K,)."""
        found = _classes.read(type(self).__name__, y, target, self.threshold)
        xp = namespace(found.scores)
        return {
            "right": xp.sum(found.truth & found.predicted, axis=0),
            "predicted": xp.sum(found.predicted, axis=0),
            "actual": xp.sum(found.truth, axis=0),
        }

    def result(self, totals: Sums) -> Any:
        """The average over the classes, or one value a class."""
        right, predicted, actual = (
            np.asarray(totals[k], dtype=np.float64) for k in ("right", "predicted", "actual")
        )
        if not predicted.sum() + actual.sum():
            return [float("nan")] * len(right) if self.average is None else float("nan")
        if self.average == "micro":
            return float(self._divide(right.sum(), predicted.sum(), actual.sum()))
        values = self._divide(right, predicted, actual)
        if self.average is None:
            return values.tolist()
        if isinstance(self.average, int):
            return self._of_class(values, self.average)
        weights = actual if self.average == "weighted" else (predicted + actual > 0).astype(float)
        return float(values @ weights / weights.sum()) if weights.sum() else self.zero_division

    def _of_class(self, values: Any, index: int) -> float:
        if index >= len(values):
            raise UsageError(
                "{name} expected average to be a class below {classes}, found {found}",
                name=type(self).__name__,
                classes=len(values),
                found=index,
            )
        return float(values[index])

    def _divide(self, right: Any, predicted: Any, actual: Any) -> Any:
        above, below = self.fraction(right, predicted, actual)
        empty = below == 0
        return np.where(empty, self.zero_division, above / np.where(empty, 1.0, below))

    def fraction(self, right: Any, predicted: Any, actual: Any) -> tuple[Any, Any]:
        """Numerator and denominator from the counts of a class."""
        raise NotImplementedError
