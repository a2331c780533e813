"""Wrong normalisations."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from backprove.ops import LayerNorm, RMSNorm
from benchmarks.check.mutant import Mutant, Witness, changed


def _other_epsilon(self: Any, dy: Any, *, x: Any, weight: Any) -> Any:
    twin = copy.copy(self)
    twin.epsilon = self.epsilon / 10
    return LayerNorm.backward(twin, dy, x=x, weight=weight)


def _constant_rows_dropped(self: Any, dy: Any, *, x: Any, weight: Any) -> Any:
    dx, grads = LayerNorm.backward(self, dy, x=x, weight=weight)
    axes = tuple(range(-len(self.normalized_shape), 0))
    constant = np.max(x, axis=axes, keepdims=True) == np.min(x, axis=axes, keepdims=True)
    return np.where(constant, np.zeros_like(dx), dx), grads


def _weight_forgotten(self: Any, dy: Any, *, x: Any, weight: Any) -> Any:
    _, grads = RMSNorm.backward(self, dy, x=x, weight=weight)
    return RMSNorm.backward(self, dy, x=x, weight=None)[0], grads


ONES = {"weight": [1.0, 1.0, 1.0], "bias": [0.0, 0.0, 0.0]}
THREE = {"normalized_shape": 3}

MUTANTS = (
    Mutant(
        "M26",
        LayerNorm,
        changed(LayerNorm, backward=_other_epsilon),
        "backward uses a tenth of forward's epsilon, 1e-6 in place of 1e-5",
        Witness(
            "gradient of x",
            ([[0.0, 0.001, 0.003]],),
            dy=[[1.0, 2.0, 4.0]],
            arguments=THREE,
            values=ONES,
            terms=1000.0,
        ),
    ),
    Mutant(
        "M27",
        LayerNorm,
        changed(LayerNorm, backward=_constant_rows_dropped),
        "backward returns 0 for rows with zero variance",
        Witness(
            "gradient of x",
            ([[3.0, 3.0, 3.0]],),
            dy=[[1.0, 2.0, 3.0]],
            arguments=THREE,
            values=ONES,
            terms=1000.0,
        ),
    ),
    Mutant(
        "M40",
        RMSNorm,
        changed(RMSNorm, backward=_weight_forgotten),
        "input gradient without the weight factor",
        Witness(
            "gradient of x",
            ([[1.0, -1.0, 2.0]],),
            dy=[[1.0, 1.0, 1.0]],
            arguments=THREE,
            values={"weight": [1.0, 2.0, 3.0]},
            terms=4.0,
        ),
    ),
)
