"""Which elements a random mask keeps."""

from __future__ import annotations

from math import ceil
from typing import Any

from backprove import random
from backprove.arrays import shape as shape_of
from backprove.errors import UsageError


def check_probability(name: str, p: float) -> float:
    """p as a float. Raises UsageError unless it is a probability."""
    if not 0.0 <= p <= 1.0:
        raise UsageError("{name} expected p between 0 and 1, found {found}", name=name, found=p)
    return float(p)


def kept(name: str, key: Any, like: Any, p: float) -> Any:
    """True where an element stays: with probability 1 - p, the same for the same key.

    p is rounded up to a multiple of 2**-24, so that every dtype draws the same mask.
    Raises UsageError without a key.
    """
    if key is None:
        raise UsageError(
            "{name} needs a key in training: pass key=backprove.random.key(seed), "
            "another one in each step",
            name=name,
        )
    return random.uniform(key, shape_of(like), like) >= ceil(p * 2.0**24) / 2.0**24
