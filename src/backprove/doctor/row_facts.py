"""Facts about rows and targets together: whole numbers, order, contradictions."""

from __future__ import annotations

import math

import numpy as np


def look_like_labels(y: np.ndarray, kind: str) -> bool:
    """Whether numbers to be met look like class numbers: 0, 1 .. up to 99, each one often."""
    if kind != "real" or y.reshape(len(y), -1).shape[1] != 1:
        return False
    found = np.unique(y)
    count = len(found)
    return 2 < count < 100 and 5 * count <= len(y) and bool(np.array_equal(found, np.arange(count)))


def shuffledness(y: np.ndarray, kind: str) -> float:
    """Neighbouring rows of the same class, relative to what shuffled rows would have; 1 = shuffled.

    For real targets: 1 - the correlation of neighbours, so that 0 is sorted and 1 shuffled.
    """
    flat = y.reshape(len(y), -1)[:, 0]
    if len(flat) < 20 or np.all(flat == flat[0]):
        return 1.0
    if kind in ("classes", "binary"):
        _, counts = np.unique(flat, return_counts=True)
        expected = 1 - float(np.sum((counts / counts.sum()) ** 2))
        return float(np.mean(flat[1:] != flat[:-1])) / expected
    with np.errstate(all="ignore"):
        found = float(np.corrcoef(flat[1:], flat[:-1])[0, 1])
    return 1 - found if math.isfinite(found) else 1.0


def conflicting_share(x: np.ndarray, y: np.ndarray, kind: str) -> float:
    """The share of rows whose very inputs occur with another target as well."""
    names: dict[bytes, int] = {}
    inverse = np.array([names.setdefault(row.tobytes(), len(names)) for row in x])
    _, target = np.unique(y.reshape(len(y), -1), axis=0, return_inverse=True)
    target = target.ravel()
    pairs = np.unique(np.stack([inverse, target]), axis=1)
    different = np.bincount(pairs[0], minlength=inverse.max(initial=0) + 1)
    return float(np.mean(different[inverse] > 1)) if len(x) else 0.0
