"""Which constant answer a plateau of the loss stands for: what each of them costs on these rows.

Measured with the training's own loss, so that it holds for every loss; `theory.floors` has the
values that they must have.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.doctor.answers import REACH, as_columns, shares

Loss = Callable[[Any, Any], float]

CONSTANTS = (0.0, 1.0, -1.0)
"""Answers at which outputs get stuck."""


def constant_losses(loss: Loss, shape: tuple[int, ...], y: Any, kind: str) -> dict[str, float]:
    """The loss of constant answers that the output activation can give, by what they are.

    shape: (N, K) of the outputs; kind: the class of the output activation, "" for none.
    """
    y = np.asarray(y)
    if len(shape) != 2:
        return {}
    low, high = REACH.get(kind, (-math.inf, math.inf))
    found = {}
    for name, row in _answers(shape[1], y, kind).items():
        if np.all((row >= low) & (row <= high)):
            value = _value(loss, np.broadcast_to(row, shape).astype(np.float32), y)
            if math.isfinite(value):
                found[name] = value
    return found


def _answers(width: int, y: np.ndarray, kind: str) -> dict[str, np.ndarray]:
    found = {}
    target = as_columns(width, y)
    if target is not None:
        found["the mean of the targets"] = target.mean(axis=0)
        found["the median of the targets"] = np.median(target, axis=0)
    if y.dtype.kind in "iu" and kind != "Softmax":
        with np.errstate(divide="ignore"):
            found["the shares of the classes"] = np.maximum(np.log(shares(width, y)), -100.0)
    return found | {f"{value:g}": np.full(width, value) for value in CONSTANTS}


def _value(loss: Loss, answer: np.ndarray, y: np.ndarray) -> float:
    try:
        with np.errstate(all="ignore"):
            return float(loss(answer, y))
    except (ArithmeticError, IndexError, TypeError, ValueError):
        return math.nan
