"""Wrong linear layers."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.ops import Linear
from benchmarks.check.mutant import Mutant, Witness, changed


def _with(change: Any) -> Any:
    """A backward whose parameter gradients are changed."""

    def backward(self: Any, dy: Any, *, x: Any, weight: Any, input_grad: bool = True) -> Any:
        dx, grads = Linear.backward(self, dy, x=x, weight=weight, input_grad=input_grad)
        return dx, {**grads, **change(grads, dy)}

    return backward


def _rows(dy: Any) -> int:
    return dy.size // dy.shape[-1]


CHANGES = {
    "M36": (
        "bias gradient summed over all axes, to a single number",
        "gradient of bias",
        lambda grads, dy: {"bias": np.sum(dy)},
    ),
    "M36b": (
        "bias gradient summed over all axes, the same for every output",
        "gradient of bias",
        lambda grads, dy: {"bias": np.full(dy.shape[-1:], np.sum(dy), dy.dtype)},
    ),
    "M37": (
        "weight gradient divided by the batch size",
        "gradient of weight",
        lambda grads, dy: {"weight": grads["weight"] / _rows(dy)},
    ),
}


def _of(number: str) -> Mutant:
    change, fails, gradient = CHANGES[number]
    witness = Witness(
        fails,
        ([[1.0, 2.0], [3.0, -1.0]],),
        dy=[[1.0, 0.0, 2.0], [0.5, -1.0, 0.0]],
        arguments={"in_features": 2, "out_features": 3},
        values={"weight": [[1.0, 0.0, 2.0], [0.0, 1.0, -1.0]], "bias": [0.0, 1.0, 2.0]},
        terms=8.0,
    )
    return Mutant(number, Linear, changed(Linear, backward=_with(gradient)), change, witness)


MUTANTS = tuple(map(_of, CHANGES))
