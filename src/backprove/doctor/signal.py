"""Do the inputs say anything about the targets? Two simple readers look at rows left out.

One reader is the mean over the nearest neighbours, the other a linear fit, both on standardised
inputs and each row predicted without itself. The score is the larger of their correlations with
the truth, averaged over the target's columns (classes are columns of 0 and 1); the limit is what
the same readers reach with the targets permuted, over several permutations.

A score above the limit proves that there is a signal. One below it proves nothing: XOR of many
bits escapes both readers, so the doctor also trains on permuted labels.
"""

from __future__ import annotations

import numpy as np

NEIGHBOURS = 10
PERMUTATIONS = 19
MOST_ROWS = 400
MOST_COLUMNS = 40


def signal_score(x: np.ndarray, y: np.ndarray, kind: str, seed: int = 0) -> tuple[float, float]:
    """(score, limit) for inputs (N, D) and targets (N,) classes or (N, K) numbers."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(x))[:MOST_ROWS]
    target = one_hot(y[rows]) if kind == "classes" else y[rows].reshape(len(rows), -1)
    target = target - target.mean(axis=0)
    size = np.sqrt(np.mean(target**2, axis=0))
    inputs = _standard(x[rows], rng)
    if len(rows) < 8 or not np.any(size > 0) or not inputs.shape[1]:
        return 0.0, 0.0
    target = target[:, size > 0] / size[size > 0]
    orders = [np.arange(len(rows)), *(rng.permutation(len(rows)) for _ in range(PERMUTATIONS))]
    every = np.concatenate([target[order] for order in orders], axis=1)
    found = []
    for read in (_neighbours, _linear):
        r = _correlations(read(inputs, every), every).reshape(len(orders), -1)
        found.append(r.mean(axis=1))
    best = np.max(found, axis=0)
    return float(best[0]), float(best[1:].max())


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Class numbers as columns of 0 and 1, one for each class that occurs."""
    _, index = np.unique(labels, return_inverse=True)
    return np.asarray(np.eye(index.max() + 1)[index.ravel()])


def _standard(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Standardised columns; many are projected on a few random directions."""
    std = x.std(axis=0)
    kept = std > 1e-9 * np.maximum(np.abs(x).max(axis=0), 1e-300)
    x = (x[:, kept] - x[:, kept].mean(axis=0)) / std[kept]
    if x.shape[1] > MOST_COLUMNS:
        x = x @ rng.normal(size=(x.shape[1], MOST_COLUMNS)) / np.sqrt(x.shape[1])
    return np.asarray(x)


def _neighbours(x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The mean target of the nearest other rows."""
    square = np.sum(x**2, axis=1)
    distance = square[:, None] + square - 2 * x @ x.T
    np.fill_diagonal(distance, np.inf)
    count = min(NEIGHBOURS, len(x) - 1)
    nearest = np.argpartition(distance, count - 1, axis=1)[:, :count]
    weights = np.zeros((len(x), len(x)))
    np.put_along_axis(weights, nearest, 1 / count, axis=1)
    return np.asarray(weights @ target)


def _linear(x: np.ndarray, target: np.ndarray) -> np.ndarray:
    """A ridge fit whose prediction of each row leaves that row out."""
    design = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    gram = design.T @ design + 0.1 * len(x) ** 0.5 * np.eye(design.shape[1])
    hat = design @ np.linalg.solve(gram, design.T)
    own = np.diag(hat)[:, None]
    return np.asarray((hat @ target - own * target) / (1 - own))


def _correlations(predicted: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The correlation of each column; a constant prediction counts as 0."""
    p = predicted - predicted.mean(axis=0)
    size = np.sqrt(np.mean(p**2, axis=0))
    with np.errstate(all="ignore"):
        r = np.mean(p * target, axis=0) / size
    return np.asarray(np.where(size > 1e-12, r, 0.0))
