"""Measurements of one thing in many units."""

from __future__ import annotations

import numpy as np

from backprove.data.recipes.recipe import Made, recipe


@recipe
def skewed_units(
    *,
    samples: int = 569,
    features: int = 30,
    share: float = 0.63,
    separation: float = 2.5,
    units: float = 3.0,
    seed: int = 0,
) -> Made:
    """Two classes, all features positive, skewed and correlated, each in a unit of its own.

    x_j = 10^(u_j) exp(0.5 (a_j t + e_j)): t is the size of the thing, N(0, 1) in class 1 and
    shifted by `separation` in class 0, e_j its own noise N(0, 1/4), u_j from -units to units. It
    imitates medical measurements such as the radius, area and smoothness of cells. `share` of the
    rows are of class 1.
    """
    rng = np.random.default_rng(seed)
    y = (rng.permutation(samples) < round(share * samples)).astype(np.int32)
    size = rng.standard_normal(samples) + separation * (y == 0)
    loading = rng.uniform(0.2, 1.0, features)
    own = 0.5 * rng.standard_normal((samples, features))
    unit = 10.0 ** rng.permutation(np.linspace(-units, units, features))
    return unit * np.exp(0.5 * (size[:, None] * loading + own)), y, "classification"
