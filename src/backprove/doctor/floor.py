"""The metric of the best constant answer: what a network reaches that has learned nothing."""

from __future__ import annotations

from typing import Any

import numpy as np


def metric_floor(name: str, y: Any) -> float:
    """The floor of accuracy (the share of the most frequent answer) or of R^2 (0) on targets y.

    Targets are class numbers (N,), rows of one 1 and zeros (N, C), or columns of 0 and 1 whose
    answers are counted one by one. Other metrics have the floor 0.
    """
    if "accuracy" not in name:
        return 0.0
    target = np.asarray(y)
    if target.ndim > 1 and target.shape[1] > 1:
        if np.all(target.sum(axis=1) == 1):
            target = target.argmax(axis=1)
        else:
            ones = (target > 0.5).mean(axis=0)
            return float(np.maximum(ones, 1 - ones).mean())
    _, counts = np.unique(target.ravel(), return_counts=True)
    return float(counts.max() / counts.sum())
