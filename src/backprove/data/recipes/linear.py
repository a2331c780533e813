"""Targets that are linear in the inputs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backprove.data.recipes.recipe import Made, drawn, recipe
from backprove.errors import UsageError


@recipe
def weighted_sum(
    *,
    samples: int = 1000,
    features: int = 3,
    draw: str = "uniform",
    weights: Sequence[float] | None = None,
    noise: float = 0.0,
    seed: int = 0,
) -> Made:
    """y = sum_j weights[j] x_j, by default the plain sum; x by the law `draw`."""
    rng = np.random.default_rng(seed)
    x = drawn(rng, draw, (samples, features))
    w = np.ones(features) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (features,):
        raise UsageError(
            "expected one weight for each of the {features} features, found {found}",
            features=features,
            found=w.size,
        )
    return x, x @ w + noise * rng.standard_normal(samples), "regression"


@recipe
def linear_map(
    *,
    samples: int = 1000,
    features: int = 10,
    informative: int = 10,
    outputs: int = 1,
    noise: float = 0.0,
    seed: int = 0,
) -> Made:
    """y = x W, x N(0, 1), W uniform in [0, 100) for the informative features and 0 for the rest."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((samples, features))
    w = np.zeros((features, outputs))
    w[:informative] = 100.0 * rng.uniform(size=(min(informative, features), outputs))
    w = w[rng.permutation(features)]
    return x, x @ w + noise * rng.standard_normal((samples, outputs)), "regression"
