"""Made-up answers: those that fit given targets best, with and without an output activation."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

STRETCH = (1.0, 3.0, 10.0, 30.0)
"""Logits are tried with these factors."""

REACH: dict[str, tuple[float, float]] = {
    "Sigmoid": (0.0, 1.0),
    "Hardsigmoid": (0.0, 1.0),
    "Tanh": (-1.0, 1.0),
    "Hardtanh": (-1.0, 1.0),
    "Softsign": (-1.0, 1.0),
    "Softmax": (0.0, 1.0),
    "ReLU": (0.0, math.inf),
    "ReLU6": (0.0, 6.0),
    "Softplus": (0.0, math.inf),
    "Exp": (0.0, math.inf),
    "LogSigmoid": (-math.inf, 0.0),
    "LogSoftmax": (-math.inf, 0.0),
    "ELU": (-1.0, math.inf),
}
"""Between which values an output activation can answer; all others reach every number."""


def wished(shape: tuple[int, ...], y: np.ndarray) -> Iterator[np.ndarray]:
    """Answers that fit the targets: the targets themselves, and as logits."""
    width = shape[1]
    target = as_columns(width, y)
    if target is None:
        return
    yield target.astype(np.float32)
    if np.all(np.isin(target, (0.0, 1.0))):
        for factor in STRETCH:
            yield (factor * (2 * target - 1)).astype(np.float32)


def as_columns(width: int, y: np.ndarray) -> np.ndarray | None:
    """Targets with as many columns as the outputs: one-hot for class numbers."""
    flat = y.reshape(len(y), -1).astype(np.float64)
    if flat.shape[1] == width:
        return flat
    if flat.shape[1] == 1 and y.dtype.kind in "iu" and flat.max() < width:
        return np.asarray(np.eye(width)[y.reshape(-1)])
    return np.broadcast_to(flat[:, :1], (len(y), width)) if flat.shape[1] == 1 else None


def shares(width: int, y: np.ndarray) -> np.ndarray:
    """The mean target of each column."""
    target = as_columns(width, y)
    return np.zeros(width) if target is None else target.mean(axis=0)


def within(kind: str, answer: np.ndarray) -> Iterator[np.ndarray]:
    """The answers nearest to the wished ones that the output activation can give."""
    if kind == "Softmax":
        positive = np.maximum(answer, 0) + 1e-12
        yield (positive / positive.sum(axis=1, keepdims=True)).astype(answer.dtype)
    elif kind in REACH:
        yield np.clip(answer, *REACH[kind]).astype(answer.dtype)
    else:
        yield answer
