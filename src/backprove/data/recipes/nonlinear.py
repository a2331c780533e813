"""A regression with products, squares and features that say nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backprove.data.recipes.recipe import Made, recipe
from backprove.errors import UsageError


@recipe
def friedman(
    *,
    samples: int = 500,
    features: int = 10,
    noise: float = 1.0,
    factors: Sequence[float] | None = None,
    seed: int = 0,
) -> Made:
    """y = 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + noise N(0, 1), x U(0, 1).

    The features from the sixth on say nothing. factors multiply the columns afterwards, as
    physical units do.

    Source: Friedman, "Multivariate adaptive regression splines", Annals of Statistics 19, 1991.
    """
    if features < 5:
        raise UsageError(
            "friedman expected five features or more, found {found}: five of them make the target",
            found=features,
        )
    rng = np.random.default_rng(seed)
    x = rng.uniform(size=(samples, features))
    y = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2
    y = y + 10 * x[:, 3] + 5 * x[:, 4] + noise * rng.standard_normal(samples)
    if factors is not None:
        x = x * np.asarray(factors, dtype=np.float64)
    return x, y, "regression"
