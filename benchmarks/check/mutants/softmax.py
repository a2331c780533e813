"""Wrong softmaxes."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.ops import Softmax
from benchmarks.check.mutant import Mutant, Witness, changed


def _zero(self: Any, dy: Any, *, y: Any) -> Any:
    return np.zeros_like(y)


def _first_axis(self: Any, dy: Any, *, y: Any) -> Any:
    return y * (dy - np.sum(dy * y, axis=0, keepdims=True))


def _unshifted(self: Any, x: Any) -> Any:
    with np.errstate(over="ignore", invalid="ignore"):
        exps = np.exp(x)
        return exps / np.sum(exps, axis=self.axis, keepdims=True)


TWO_ROWS = [[0.5, -1.0, 2.0], [1.0, 0.25, -0.5]]

MUTANTS = (
    Mutant(
        "M23",
        Softmax,
        changed(Softmax, backward=_zero),
        "backward returns all zeros",
        Witness("gradient of x", ([0.0, 1.0],), dy=[1.0, 0.0], terms=1.0),
    ),
    Mutant(
        "M24",
        Softmax,
        changed(Softmax, backward=_first_axis),
        "backward sums dy * y over axis 0 instead of the last axis",
        Witness("gradient of x", (TWO_ROWS,), dy=[[1.0, -2.0, 0.5], [0.0, 1.0, 3.0]], terms=4.0),
    ),
    Mutant(
        "M25",
        Softmax,
        changed(Softmax, forward=_unshifted),
        "no maximum subtracted: overflows for large logits",
        Witness("value", ([1000.0, 0.0],), terms=1.0),
    ),
)
