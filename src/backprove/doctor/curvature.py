"""The curvature that one step of a run met, from differences of the hand-written gradient.

d is the change of all parameters by the step and g the gradient of the step's own batch before
it. H d is (g(w + e d) - g(w)) / e with |e d| a thousandth of (1 + |w|), in the run's own dtype.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from backprove.doctor.layer_view import inner, norm
from backprove.doctor.subject import Run
from backprove.doctor.trace import StepRecord

Tree = dict[str, Any]

REACH = 1e-3
"""How far a difference reaches, relative to 1 + |w|."""


class Curvature:
    """Measures steps of one run.

    The run's own gradient is used again where computing it anew gives the same bits; that is not
    so with dropout, whose masks belong to the step.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._repeats: bool | None = None

    def measure(self, step: int, loss: float) -> StepRecord:
        """The record of the run's last step, which had this number, counted from 0."""
        run = self.run
        x, y = run.batch(step)
        before, after = run.previous, run.parameters
        d = {k: after[k] - before[k] for k in after}
        size = tree_norm(d)
        g = self._gradient(x, y)
        slope, kappa = tree_dot(g, d), 0.0
        if size > 0 and math.isfinite(size):
            e = REACH * (1 + tree_norm(before)) / size
            moved = {k: (before[k] + e * d[k]).astype(before[k].dtype) for k in before}
            near = run.gradient(x, y, moved)[1]
            kappa = tree_dot({k: near[k] - g[k] for k in d}, d) / e / size**2
        return StepRecord(
            step=step, rate=run.learning_rate, kappa=kappa,
            overshoot=overshoot(kappa * size**2, slope), slope=slope, gradient=tree_norm(g),
            update=size, before=loss, after=run.loss_on(x, y, after),
        )  # fmt: skip

    def _gradient(self, x: Any, y: Any) -> Tree:
        used = self.run.gradients
        if self._repeats:
            return used
        found = self.run.gradient(x, y, self.run.previous)[1]
        if self._repeats is None:
            self._repeats = all(np.array_equal(found[k], used[k]) for k in found)
        return found


def overshoot(bend: float, slope: float) -> float:
    """d^T H d / (-2 g^T d): 1 where the quadratic model is as high behind the step as before it.

    Infinite for a step that does not go downhill at first; 0 for one along which nothing bends
    upward.
    """
    if slope >= 0:
        return math.inf if slope > 0 else 0.0
    return max(0.0, bend / (-2 * slope))


def tree_norm(tree: Tree) -> float:
    """The Euclidean norm of all arrays together."""
    return math.sqrt(sum(norm(v) ** 2 for v in tree.values()))


def tree_dot(a: Tree, b: Tree) -> float:
    """The inner product of two trees."""
    return sum(inner(a[k], b[k]) for k in b)
