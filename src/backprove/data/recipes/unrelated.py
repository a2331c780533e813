"""Inputs that say nothing about the targets."""

from __future__ import annotations

import numpy as np

from backprove.data.recipes.recipe import Made, drawn, recipe


@recipe
def unrelated(
    *,
    samples: int = 400,
    features: int = 2,
    draw: str = "normal",
    classes: int = 2,
    outputs: int = 0,
    seed: int = 0,
) -> Made:
    """Labels drawn without a look at x: fair among `classes`.

    With `outputs` the targets are so many whole numbers from 0 to classes - 1 each, a regression.
    A network can only learn them by heart.
    """
    rng = np.random.default_rng(seed)
    x = drawn(rng, draw, (samples, features))
    if outputs:
        return x, rng.integers(0, classes, (samples, outputs)), "regression"
    return x, rng.integers(0, classes, samples), "classification"
