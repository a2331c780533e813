"""F1."""

from __future__ import annotations

from typing import Any

from backprove.train.metrics._counted import Counted


class F1(Counted):
    """The harmonic mean of precision and recall: 2 right / (predicted + actual).

    average is "macro" (the mean over the classes that occur), "micro" (all counts added up
    first), "weighted" (by the samples of each class), None (a list) or the index of a class;
    `zero_division` stands in for a class without samples. "macro" is the mean of the classes'
    F1, not the F1 of the mean precision and recall.
    """

    base = "f1"

    def fraction(self, right: Any, predicted: Any, actual: Any) -> tuple[Any, Any]:
        return 2 * right, predicted + actual
