"""Classes as clusters of points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprove.data.recipes.recipe import Made, recipe


@recipe
def blobs(
    *,
    samples: int = 1000,
    classes: int = 3,
    std: float = 1.0,
    spread: float = 10.0,
    centres: Sequence[Sequence[float]] | None = None,
    seed: int = 0,
) -> Made:
    """Round normal clusters in the plane, one a class.

    The centres are uniform in [-spread, spread]^2, or given, one a class, in any dimension.
    """
    rng = np.random.default_rng(seed)
    middles = rng.uniform(-spread, spread, (classes, 2))
    if centres is not None:
        middles = np.asarray(centres, dtype=np.float64)
    y = rng.permutation(np.arange(samples) % len(middles))
    noise = rng.standard_normal((samples, middles.shape[1]))
    return middles[y] + std * noise, y, "classification"


@recipe
def boxes(
    *, low: Sequence[float], high: Sequence[float], samples: int = 100, seed: int = 0
) -> Made:
    """Points in squares of the plane: class k uniform in [low[k], high[k]]^2, `samples` each."""
    rng = np.random.default_rng(seed)
    rows = [rng.uniform(a, b, (samples, 2)) for a, b in zip(low, high, strict=True)]
    return np.concatenate(rows), np.repeat(np.arange(len(rows)), samples), "classification"


@recipe
def class_clusters(
    *,
    samples: int = 1000,
    features: int = 20,
    informative: int = 10,
    classes: int = 2,
    separation: float = 1.0,
    flipped: float = 0.01,
    seed: int = 0,
) -> Made:
    """One stretched normal cluster a class, centred at a corner of a hypercube.

    The cube lies in the `informative` features and has the side 2 * separation; each cluster is
    sheared by a matrix of its own, uniform in [-1, 1]. The other features are N(0, 1), all are in
    random order, and the share `flipped` of the labels is drawn anew.

    Source: Guyon, "Design of experiments for the NIPS 2003 variable selection benchmark", 2003.
    """
    rng = np.random.default_rng(seed)
    corners = rng.choice(2 ** min(informative, 30), classes, replace=False)
    bits = (corners[:, None] >> np.arange(informative)) & 1
    y = rng.permutation(np.arange(samples) % classes)
    x = rng.standard_normal((samples, features))
    for k in range(classes):
        shear = rng.uniform(-1.0, 1.0, (informative, informative))
        rows = y == k
        x[rows, :informative] = x[rows, :informative] @ shear + separation * (2.0 * bits[k] - 1.0)
    return x[:, rng.permutation(features)], _flipped(rng, y, classes, flipped), "classification"


def _flipped(rng: np.random.Generator, y: Any, classes: int, share: float) -> Any:
    return np.where(rng.uniform(size=len(y)) < share, rng.integers(0, classes, len(y)), y)
