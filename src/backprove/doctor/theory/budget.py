"""How far a budget of steps can reach.

Adam moves a parameter by at most about eta T in T steps. Gradient descent needs about
1 / (eta lambda) steps for a direction with curvature lambda; T steps of size eta shrink the
error along it by (1 - eta lambda)^T.
"""

from __future__ import annotations

import math

import numpy as np


def adam_reach(learning_rate: float, steps: int) -> float:
    """How far a parameter can move: about eta T."""
    return learning_rate * steps


def steps_for(learning_rate: float, curvature: float, shrink: float = math.e) -> float:
    """How many steps of gradient descent shrink the error by a factor along that curvature."""
    product = learning_rate * curvature
    if not 0 < product < 1:
        return math.inf if product <= 0 else 1.0
    return math.log(shrink) / -math.log1p(-product)


def late_slope(losses: np.ndarray, share: float = 0.25) -> float:
    """The fall of the loss in the last part of a run, relative to its fall in the whole run.

    Medians of the first and last tenth of the part stand for its ends. 0 if the loss did not
    fall at all.
    """
    values = np.asarray(losses, dtype=np.float64)
    if len(values) < 4 or not np.all(np.isfinite(values)):
        return 0.0
    last = values[-max(4, round(share * len(values))) :]
    width = max(1, len(last) // 5)
    start, end = np.median(last[:width]), np.median(last[-width:])
    head = np.median(values[: max(1, len(values) // 50)])
    return float((start - end) / (head - end)) if head > end else 0.0
