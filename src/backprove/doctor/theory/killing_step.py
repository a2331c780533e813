"""The step that kills a ReLU unit, computed before the step is taken.

One gradient step of size eta on a batch X moves the pre-activations of the first layer by
dz = -eta K d, with K = X X^T + 1 (the 1 is the bias) and d = dLoss/dz, which includes the mean
over the batch. A unit dies when z - eta K d <= 0 for every row of the batch. For later layers the
inputs move as well, so there the formula is first order only.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def killing_steps(x: Any, z: Any, dz: Any, *, bias: bool = True) -> np.ndarray:
    """The smallest step that silences each unit on this batch; infinity if none does.

    x: inputs (B, D); z: pre-activations (B, N); dz: dLoss/dz (B, N). Returns (N,) in float64.
    A unit that is silent already has the killing step 0.
    """
    x, z, dz = (np.asarray(a, dtype=np.float64) for a in (x, z, dz))
    moved = _kernel(x, bias) @ dz
    alive = z > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        needed = np.where(moved > 0, z / moved, np.inf)
    steps = np.max(np.where(alive, needed, 0.0), axis=0)
    steps[_rises(z, moved, steps)] = np.inf
    return np.asarray(steps)


def _kernel(x: np.ndarray, bias: bool) -> np.ndarray:
    return np.asarray(x @ x.T + (1.0 if bias else 0.0))


def _rises(z: np.ndarray, moved: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Which units have a silent row that the killing step would wake."""
    finite = np.where(np.isfinite(steps), steps, 0.0)
    return np.asarray(np.any((z <= 0) & (z - finite * moved > 0), axis=0))


def killed_by(x: Any, z: Any, dz: Any, step: float, *, bias: bool = True) -> float:
    """The share of units, alive before, that a step of this size silences on this batch.

    Beyond its killing step a unit can wake again, by a row that was silent and rises.
    """
    x, z, dz = (np.asarray(a, dtype=np.float64) for a in (x, z, dz))
    alive = np.any(z > 0, axis=0)
    gone = np.all(z - step * (_kernel(x, bias) @ dz) <= 0, axis=0)
    return float(np.mean(gone[alive])) if alive.any() else 0.0
