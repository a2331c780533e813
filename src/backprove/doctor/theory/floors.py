"""Which constant a plateau of the loss is: the values that a loss takes for constant outputs.

    cross-entropy   H(y) for the best constant (ln C if the classes are balanced)
    squared error   Var(y) if the mean is learned, E[y^2] for output 0, E[(y - c)^2] for output c
    absolute error  mean absolute deviation from the median
    softmax before a softmax cross-entropy: not below ln(1 + (C - 1) / e)

All means run over rows and output columns. Values in float64.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from scipy import special

TOLERANCE = 0.02
"""A plateau is called a floor when it lies within this relative distance."""

SMALLEST = float(np.finfo(np.float32).tiny)


class Floor(NamedTuple):
    """A loss value with the name of the constant output that gives it."""

    name: str
    value: float


def entropy(labels: Any) -> float:
    """The entropy of whole-number labels in nats, the cross-entropy of the best constant."""
    _, counts = np.unique(np.asarray(labels), return_counts=True)
    shares = counts / counts.sum()
    return float(-np.sum(shares * np.log(shares)))


def binary_entropy(labels: Any) -> float:
    """The mean over columns of the entropy of labels 0 and 1 in nats."""
    share = np.mean(np.asarray(labels, dtype=np.float64), axis=0)
    return float(np.mean(special.entr(share) + special.entr(1 - share)))


def squared_floors(target: Any, constants: tuple[float, ...] = ()) -> list[Floor]:
    """The floors of the mean squared error, with those for outputs stuck at given constants."""
    y = np.asarray(target, dtype=np.float64).reshape(len(target), -1)
    found = [
        Floor("output is the mean", float(np.mean(np.var(y, axis=0)))),
        Floor("output is 0", float(np.mean(y**2))),
    ]
    stuck = [Floor(f"output is {c:g}", float(np.mean((y - c) ** 2))) for c in constants]
    return found + stuck


def absolute_floors(target: Any) -> list[Floor]:
    """The floor of the mean absolute error: the mean absolute deviation from the median."""
    y = np.asarray(target, dtype=np.float64).reshape(len(target), -1)
    return [Floor("output is the median", float(np.mean(np.abs(y - np.median(y, axis=0)))))]


def double_softmax_floor(classes: int) -> float:
    """What the cross-entropy cannot go below when its logits are a softmax: 1.4612 for 10."""
    return math.log1p((classes - 1) / math.e)


def logit_variance(first_loss: float, classes: int) -> float:
    """The variance of Gaussian logits that explains a first cross-entropy: 2 (loss - ln C)."""
    return max(0.0, 2 * (first_loss - math.log(classes)))


def matching(loss: float, floors: list[Floor]) -> Floor | None:
    """The nearest floor within the tolerance, or None."""
    if not math.isfinite(loss) or not floors:
        return None
    nearest = min(floors, key=lambda floor: abs(floor.value - loss))
    scale = max(abs(nearest.value), SMALLEST)
    return nearest if abs(nearest.value - loss) <= TOLERANCE * scale else None
