"""Small tables that can be written out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backprove.data.recipes.recipe import Made, recipe
from backprove.errors import UsageError


@recipe
def truth_table(
    *, outputs: Sequence[int] = (0, 1, 1, 0), repeats: Sequence[int] | None = None
) -> Made:
    """All rows of bits with the output of each; the default is exclusive or.

    repeats says how often each row occurs, by default once.
    """
    bits = len(outputs).bit_length() - 1
    if 2**bits != len(outputs):
        raise UsageError(
            "a truth table expected 2, 4, 8, ... outputs, one for each row of bits, found {found}",
            found=len(outputs),
        )
    rows = (np.arange(len(outputs))[:, None] >> np.arange(bits)[::-1]) & 1
    times = [1] * len(outputs) if repeats is None else list(repeats)
    return np.repeat(rows, times, axis=0), np.repeat(outputs, times), "classification"


@recipe
def ones_and_zeros(*, samples: int = 1000, features: int = 10) -> Made:
    """Even rows all ones with the label 1, odd rows all zeros with the label 0."""
    y = 1 - np.arange(samples) % 2
    return np.repeat(y[:, None], features, axis=1), y, "classification"
