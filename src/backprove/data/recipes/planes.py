"""Two classes in the plane that no line separates."""

from __future__ import annotations

import numpy as np

from backprove.data.recipes.recipe import Made, recipe


@recipe
def circles(*, samples: int = 1000, noise: float = 0.1, inner: float = 0.8, seed: int = 0) -> Made:
    """Class 0 on the unit circle, class 1 on one of the radius `inner`, with normal noise."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(samples) % 2)
    angle = rng.uniform(0.0, 2 * np.pi, samples)
    radius = np.where(y == 0, 1.0, inner)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return x + noise * rng.standard_normal((samples, 2)), y, "classification"


@recipe
def moons(*, samples: int = 1000, noise: float = 0.1, seed: int = 0) -> Made:
    """Two half circles that reach into each other, with normal noise."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(samples) % 2)
    angle = rng.uniform(0.0, np.pi, samples)
    upper = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    lower = np.stack([1.0 - np.cos(angle), 0.5 - np.sin(angle)], axis=1)
    x = np.where(y[:, None] == 0, upper, lower)
    return x + noise * rng.standard_normal((samples, 2)), y, "classification"
