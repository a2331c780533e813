"""How steep an activation is at given values, relative to its steepest place.

Only activations that can go flat are listed; the others (leaky ReLU, SiLU, identity ...) never
block a gradient for long, and no unit of theirs is called silent or saturated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Slope = Callable[[Any, Any], Any]

SLOPES: dict[str, Slope] = {
    "ReLU": lambda z, a: z > 0,
    "ReLU6": lambda z, a: (z > 0) & (z < 6),
    "Sigmoid": lambda z, a: 4 * a * (1 - a),
    "Tanh": lambda z, a: 1 - a * a,
    "Hardtanh": lambda z, a: np.abs(z) < 1,
    "Hardsigmoid": lambda z, a: np.abs(z) < 3,
    "Softsign": lambda z, a: (1 - np.abs(a)) ** 2,
    "ELU": lambda z, a: np.where(z > 0, 1.0, a + 1),
    "ThresholdedReLU": lambda z, a: a != 0,
}
"""The relative slope from pre-activation z and output a, by the class of the activation."""

FLAT = 0.01
"""A relative slope below this counts as saturated."""

RECTIFIERS = frozenset({"ReLU", "ReLU6", "ThresholdedReLU"})
"""Activations whose units can be 0 with slope exactly 0."""


def silent_units(kind: str, z: Any, a: Any) -> np.ndarray:
    """Which units (last axis) answer 0 with slope exactly 0 for every row."""
    width = np.shape(a)[-1]
    if kind not in RECTIFIERS:
        return np.zeros(width, dtype=bool)
    z, a = np.reshape(z, (-1, width)), np.reshape(a, (-1, width))
    return np.asarray(np.all((a == 0) & (z <= 0), axis=0))


def saturated_share(kind: str, z: Any, a: Any) -> float:
    """The share of (row, unit) where the slope is below 1 % of the steepest; 0 for the rest."""
    if kind not in SLOPES or kind in RECTIFIERS:
        return 0.0
    return float(np.mean(SLOPES[kind](z, a) < FLAT))
