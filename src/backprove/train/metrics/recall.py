"""Recall."""

from __future__ import annotations

from typing import Any

from backprove.train.metrics._counted import Counted


class Recall(Counted):
    """Of the samples of a class, the share that is found: right / actual.

    average is "macro" (the mean over the classes that occur), "micro" (all counts added up
    first), "weighted" (by the samples of each class), None (a list) or the index of a class;
    `zero_division` stands in for a class without samples.
    """

    base = "recall"

    def fraction(self, right: Any, predicted: Any, actual: Any) -> tuple[Any, Any]:
        return right, actual
