"""Smooth activations with a wrong gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.ops import GELU, Mish, SiLU, Softplus, Tanh
from benchmarks.check.mutant import Mutant, Witness, changed


def _negated(self: Any, dy: Any, *, x: Any) -> Any:
    return -Tanh.backward(self, dy, x=x)


def _tanh_form(self: Any, dy: Any, *, x: Any) -> Any:
    return GELU.backward(GELU("tanh"), dy, x=x)


def _low_threshold(self: Any, dy: Any, *, x: Any) -> Any:
    return np.where(self.beta * x > 5, dy, Softplus.backward(self, dy, x=x))


def _infinite_tail(self: Any, dy: Any, *, x: Any) -> Any:
    return np.where(x < -30, np.asarray(-np.inf, x.dtype), SiLU.backward(self, dy, x=x))


def _term_dropped(self: Any, dy: Any, *, x: Any) -> Any:
    """Without exp(3x) in the numerator: exp(4x) / (exp(2x) + 2 exp(x) + 2)^2 is missing."""
    z = np.exp(-np.abs(x))
    high, low = 1 / (1 + 2 * z + 2 * z * z), z * z / (z * z + 2 * z + 2)
    missing = np.where(x >= 0, high, low)
    return Mish.backward(self, dy, x=x) - dy * missing * missing


def _of(number: str, right: Any, backward: Any, change: str, x: float, **more: Any) -> Mutant:
    witness = Witness("gradient of x", ([x],), dtype=more.pop("dtype", "float64"))
    return Mutant(number, right, changed(right, backward=backward), change, witness, **more)


MUTANTS = (
    _of("M22", Tanh, _negated, "gradient multiplied by -1", 0.5, dtype="float32", shape=(2000,)),
    _of("M29", GELU, _tanh_form, "backward of the tanh form, forward by erf", 2.0),
    _of("M30", Softplus, _low_threshold, "slope 1 above 5 in place of 20", 5.5),
    _of("M33", SiLU, _infinite_tail, "gradient -inf for x < -30", -85.0),
    _of("M41", Mish, _term_dropped, "numerator without the exp(3x) term", 1.0),
)
