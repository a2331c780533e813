"""Rows and labels that do not belong together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from backprove.data import Dataset
from backprove.errors import UsageError
from backprove.train.config import MistakesConfig


def with_wrong_rows(mistakes: MistakesConfig, data: Dataset, seed: int) -> Dataset:
    """The data with the rows of x shuffled without y, labels shuffled, or labels off by some.

    The shuffles follow from the seed alone; two of them leave as many rows and labels as before.
    """
    if not (mistakes.shuffled_inputs or mistakes.shuffled_labels or mistakes.shifted_labels):
        return data
    if seed < 0:
        raise UsageError("expected a seed of 0 or more, found {seed}", seed=seed)
    rng = np.random.default_rng([seed, 20])
    if mistakes.shuffled_inputs:
        data = replace(data, x=data.x[rng.permutation(len(data))])
    if data.y is None:
        return data
    if mistakes.shuffled_labels:
        data = replace(data, y=data.y[rng.permutation(len(data))])
    if mistakes.shifted_labels:
        data = replace(data, y=np.roll(data.y, mistakes.shifted_labels, axis=0))
    return data
