"""Do the first steps silence as many units of the first layer as theory says before each of them?

`theory.killing_step` says which units a step of a given size silences on its batch. For plain
gradient descent it is exact in the first layer, whose inputs do not move. Looked at over the first
steps of a run; other optimizers, and a first layer without a rectifier, are passed over.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.doctor.slopes import RECTIFIERS
from backprove.doctor.subject import Run
from backprove.doctor.theory.killing_step import killed_by
from backprove.doctor.trace import Kill

Tree = dict[str, Any]

WATCHED = 12
"""So many first steps are looked at."""

MOST_ROWS = 512
"""Larger batches are left out: all pairs of rows are needed."""


class KillProbe:
    """Collects `Kill`s; call `after` behind each of the first steps."""

    def __init__(self, run: Run) -> None:
        self.run, self.kills = run, list[Kill]()
        layer = run.layers[0] if run.layers else None
        fits = layer is not None and layer.kind in RECTIFIERS and layer.normalization is None
        self._rate = run.learning_rate
        self._works = fits and run.plain_descent

    def after(self, step: int) -> None:
        """Look at the last step, which had this number, counted from 0."""
        run, rate = self.run, self._rate
        self._rate = run.learning_rate
        if not self._works or step >= WATCHED or run.diverged_at is not None:
            return
        x, y = run.batch(step)
        if x.ndim != 2 or len(x) > MOST_ROWS:
            return
        layer, old, new = run.layers[0], run.previous, run.parameters
        z, moved = (_before(x, params, layer.weight, layer.bias) for params in (old, new))
        dz = run.input_gradient(layer.activation or "", x, y, old)
        alive = np.any(z > 0, axis=0)
        if alive.any():
            gone = np.mean(~np.any(moved > 0, axis=0)[alive])
            predicted = killed_by(x, z, dz, rate, bias=layer.bias is not None)
            self.kills.append(Kill(step, predicted, float(gone)))


def _before(
    x: np.ndarray, params: dict[str, np.ndarray], weight: str, bias: str | None
) -> np.ndarray:
    z = x @ params[weight]
    return np.asarray(z if bias is None else z + params[bias])
