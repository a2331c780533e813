"""Texts as counts of words, with several labels each."""

from __future__ import annotations

import numpy as np

from backprove.data.recipes.recipe import Made, recipe


@recipe
def word_counts(
    *,
    samples: int = 1000,
    features: int = 20,
    labels: int = 5,
    mean_labels: float = 2.0,
    length: float = 50.0,
    seed: int = 0,
) -> Made:
    """Counts of words x, and y (N, labels) of zeros and ones, any number of ones in a row.

    Each label has a law of words and a frequency of its own. A row has Poisson(mean_labels) of the
    labels, at most all, and Poisson(length) words from the mixture of their laws; without a label
    every word is equally likely.
    """
    rng = np.random.default_rng(seed)
    frequency = rng.dirichlet(np.ones(labels))
    words = rng.dirichlet(np.ones(features), labels)
    x, y = np.zeros((samples, features)), np.zeros((samples, labels))
    for row in range(samples):
        count = min(int(rng.poisson(mean_labels)), labels)
        chosen = rng.choice(labels, count, replace=False, p=frequency)
        y[row, chosen] = 1.0
        law = np.full(features, 1.0 / features)
        if count:
            law = frequency[chosen] @ words[chosen] / frequency[chosen].sum()
        x[row] = rng.multinomial(int(rng.poisson(length)), law / law.sum())
    return x, y, "regression"
