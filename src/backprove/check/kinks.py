"""Which convention an operator follows where its definition has a kink."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from backprove.check.plan import Pointwise
from backprove.findings import label
from backprove.messages import render


@dataclass(frozen=True)
class Kink:
    """A point with two one-sided derivatives, and the gradient that was found there."""

    x: float
    left: float
    right: float
    found: float
    arguments: dict[str, Any]
    op: Any = None

    @property
    def side(self) -> str:
        """left, right, midpoint, between or outside."""

        def near(a: float, b: float) -> bool:
            return abs(a - b) <= 1e-6 * max(abs(a), abs(b), 1e-30)

        if near(self.found, self.left):
            return "left"
        if near(self.found, self.right):
            return "right"
        if near(self.found, (self.left + self.right) / 2):
            return "midpoint"
        low, high = sorted((self.left, self.right))
        return "between" if low <= self.found <= high else "outside"

    @property
    def sentence(self) -> str:
        """Where it is and which side was taken, in the current language."""
        return render("x = {x}: {side}", x=f"{self.x:g}", side=label(self.side))


def kinks(source: Pointwise, outcome: dict[str, Any], unsure: Any = False) -> list[Kink]:
    """The kinks of a cell, from the outcome of its first trial (all points, dy = 1).

    Not where its slopes are `unsure`.
    """
    if "d0" not in outcome.get("arrays", {}):
        return []
    gradient = np.asarray(outcome["arrays"]["d0"]).astype(np.float64)
    if gradient.shape != source.points.shape:
        return []
    left, right = source.table.left, source.table.right
    with np.errstate(all="ignore"):
        apart = np.abs(right - left) > 1e-6 * np.fmax(np.abs(left), np.abs(right))
    places = np.nonzero(
        apart & ~np.asarray(unsure) & np.isfinite(source.points.astype(np.float64))
    )[0]
    return [
        Kink(float(source.points[i]), float(left[i]), float(right[i]), float(gradient[i]),
             source.arguments, source.op)
        for i in places
    ]  # fmt: skip
