"""Precision."""

from __future__ import annotations

from typing import Any

from backprove.train.metrics._counted import Counted


class Precision(Counted):
    """Of the samples predicted as a class, the share that is right: right / predicted.

    Options and averages: see `Counted`.
    """

    base = "precision"

    def fraction(self, right: Any, predicted: Any, actual: Any) -> tuple[Any, Any]:
        return right, predicted
