"""A backward that begins with labels has a loss inside: which one, its gradients tell.

Each candidate gives the upstream gradient dL/dy that it starts from. The one whose gradients fit
best is taken and named.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np


class Loss(NamedTuple):
    """A candidate: its name and dL/dy from the output and the labels, before any mean."""

    name: str
    slope: Callable[[Any, Any], Any]


def _cross_entropy(y: Any, t: Any) -> Any:
    return -t / y


def _binary(y: Any, t: Any) -> Any:
    return (y - t) / (y * (1 - y))


def _logits(y: Any, t: Any) -> Any:
    e = np.exp(y - y.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True) - t


def _binary_logits(y: Any, t: Any) -> Any:
    return 1 / (1 + np.exp(-y)) - t


LOSSES = (
    Loss("binary cross-entropy", _binary),
    Loss("cross-entropy", _cross_entropy),
    Loss("half squared error", lambda y, t: y - t),
    Loss("squared error", lambda y, t: 2 * (y - t)),
    Loss("binary cross-entropy with logits", _binary_logits),
    Loss("cross-entropy with logits", _logits),
)
MEANS = ("mean over the batch", "sum", "mean over all elements")


def candidates(y: Any, labels: Any) -> list[tuple[str, Any]]:
    """(name, dL/dy) of every loss that makes sense for this output and these labels."""
    y = np.asarray(y, dtype=np.float64)
    targets = dense(labels, y)
    found = []
    for loss in LOSSES:
        probabilities = bool(np.all((y > 0) & (y < 1)))
        summed = bool(np.allclose(y.sum(-1), 1)) if y.ndim else False
        if loss.slope is _binary and (not probabilities or summed):
            continue
        if loss.slope is _cross_entropy and not summed:
            continue
        if loss.slope in (_logits, _binary_logits) and probabilities:
            continue
        with np.errstate(all="ignore"):
            slope = loss.slope(y, targets)
        for name, count in zip(MEANS, (len(y) if y.ndim else 1, 1, y.size), strict=True):
            found.append((f"{loss.name}, {name}", slope / max(count, 1)))
    return found


def dense(labels: Any, y: Any) -> Any:
    """Labels in the shape of the output: whole numbers become rows with a single 1."""
    labels = np.asarray(labels)
    if labels.size == y.size:
        return labels.reshape(y.shape).astype(np.float64)
    return np.eye(y.shape[-1])[labels.ravel().astype(np.int64)].reshape(y.shape)


def labels_for(y: Any, rng: np.random.Generator) -> list[Any]:
    """Labels that may go with an output: numbers in its shape, or classes of its rows."""
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] > 1:
        classes = rng.integers(0, y.shape[1], len(y))
        return [classes, classes[:, None], np.eye(y.shape[1])[classes]]
    bits = rng.integers(0, 2, y.shape)
    return [bits.astype(np.float64), bits]
