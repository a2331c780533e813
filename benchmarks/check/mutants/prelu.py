"""Wrong PReLUs."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.ops import PReLU
from benchmarks.check.mutant import Mutant, Witness, changed


def _from_output(self: Any, dy: Any, *, x: Any, y: Any, weight: Any) -> Any:
    """x counts as positive where y is."""
    return PReLU.backward(self, dy, x=np.where(y > 0, np.abs(x), x), weight=weight)


def _needs_the_input(self: Any, dy: Any, *, x: Any, weight: Any, input_grad: bool = True) -> Any:
    return PReLU.backward(self, dy, x=x, weight=weight) if input_grad else (None, {})


MUTANTS = (
    Mutant(
        "M35",
        PReLU,
        changed(PReLU, backward=_from_output),
        "mask read from the output, with a negative slope",
        Witness("gradient of weight", ([-1.0],), values={"weight": [-0.3]}),
    ),
    Mutant(
        "M39",
        PReLU,
        changed(PReLU, backward=_needs_the_input),
        "the gradient of the weight is missing when the input needs none",
        Witness("gradient of weight", ([-1.0],), values={"weight": [0.25]}, input_grad=False),
    ),
)
