"""Is the gradient the loss's derivative, is it fresh, and does every parameter use it?

Looked at over the first steps of a run:

    derivative, claimed   the change of the loss along the gradient by a central difference, and
                          |g|^2, which it has to be; of a single parameter where it is wrong there
    stale      the largest size of the gradient that a step used, relative to that of its batch
    frozen, total         how many numbers have a gradient that is not zero and yet never change
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backprove.doctor.curvature import tree_norm
from backprove.doctor.derivatives import CLOSE, Slopes
from backprove.doctor.subject import Run
from backprove.doctor.views import UpdateView

Tree = dict[str, Any]

ROWS = 64
"""The derivative is tested on so many rows."""

WATCHED = 12
"""So many first steps are looked at."""


class UpdateProbe:
    """Collects an `UpdateView`: `start` before the first step, `after` behind the first ones."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._moved: dict[str, bool] = {}
        self._stale, self._rate, self._largest = 1.0, run.learning_rate, 0.0
        self._seen: dict[str, bool] = {}
        self._slopes = self._along()

    def after(self, step: int) -> None:
        """Look at the last step, which had this number, counted from 0."""
        if step >= WATCHED or self.run.diverged_at is not None:
            return
        run = self.run
        before, after = run.previous, run.parameters
        for name, gradient in run.gradients.items():
            if np.any(gradient):
                self._seen[name] = True
            if not np.array_equal(before[name], after[name]):
                self._moved[name] = True
        self._largest = max(self._largest, tree_norm(run.gradients))
        usual = self._rate * self._largest
        moved = tree_norm({k: after[k] - before[k] for k in after})
        if usual > 0 and math.isfinite(moved):
            self._stale = max(self._stale, moved / usual)
        self._rate = run.learning_rate

    def view(self) -> UpdateView:
        """What was found so far."""
        params = self.run.parameters
        frozen = [k for k in self._seen if not self._moved.get(k)]
        return UpdateView(
            *self._slopes, self._stale,
            sum(params[k].size for k in frozen), sum(v.size for v in params.values()),
        )  # fmt: skip

    def _along(self) -> tuple[float, float]:
        """(derivative along the gradient, |g|^2) on some rows of the first batch, in float64.

        Where all of it agrees, parameters are looked at one by one: a wrong gradient of one is
        hidden behind a right and larger one of another, and one that is missing everywhere.
        """
        run = self.run
        x, y = (part[:ROWS] for part in run.batch(0))
        params = {k: np.asarray(v, dtype=np.float64) for k, v in run.parameters.items()}
        slopes = Slopes(lambda p: run.gradient(x, y, p, "float64"), params)
        whole = slopes.along(slopes.gradient)
        if not math.isfinite(whole[1]) or UpdateView(*whole).wrong > CLOSE:
            return whole
        return slopes.missing() or slopes.hidden() or whole
