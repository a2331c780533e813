"""Recall."""

from __future__ import annotations

from typing import Any

from backprove.train.metrics._counted import Counted


class Recall(Counted):
    """Of the samples of a class, the share that is found: right / actual.

    Options and averages: see `Counted`.
    """

    base = "recall"

    def fraction(self, right: Any, predicted: Any, actual: Any) -> tuple[Any, Any]:
        return right, actual
