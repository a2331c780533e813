"""A wrong loss."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.ops import BCEWithLogits
from benchmarks.check.mutant import Mutant, Witness, changed


def _composed(self: Any, dy: Any, *, x: Any, target: Any) -> Any:
    """relu(x) - target x + log1p(exp(-|x|)) with the mask x > 0 and the sign +1 of |x| at 0."""
    dx, dtarget = BCEWithLogits.backward(self, dy, x=x, target=target)
    half, _ = BCEWithLogits.backward(self, dy, x=np.zeros_like(x), target=np.zeros_like(x))
    return dx - np.where(x == 0, 2 * half, np.zeros_like(x)), dtarget


MUTANTS = (
    Mutant(
        "M28",
        BCEWithLogits,
        changed(BCEWithLogits, backward=_composed),
        "composed of relu and abs, whose gradients at 0 do not fit together",
        Witness("gradient of x", ([0.0, -0.0], [0.0, 0.0]), dy=1.0),
    ),
)
