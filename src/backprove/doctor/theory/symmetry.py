"""Units that can never differ.

Two units of a layer with equal incoming and equal outgoing weights get equal gradients and stay
equal for ever. An exact test, no threshold: the values are equal or they are not.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def distinct_units(weight: Any) -> int:
    """How many different units a layer has: distinct columns of its weight (D, N)."""
    return len(np.unique(np.asarray(weight).T, axis=0))


def is_symmetric(weight: Any) -> bool:
    """Whether all units of a layer with two units or more are equal; weight (D, N)."""
    w = np.asarray(weight)
    return bool(w.shape[1] > 1 and np.all(w == w[:, :1]))
