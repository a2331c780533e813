"""Right operators at inputs where hasty checkers accuse them: they bound the false alarms."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.ops import ELU, LeakyReLU, Sigmoid, Softmax, Tanh
from benchmarks.check.mutant import Control, Witness, changed


def _right_derivative(self: Any, dy: Any, *, x: Any) -> Any:
    return np.where(x >= 0, dy, self.negative_slope * dy)


def _one_minus_square(self: Any, dy: Any, *, y: Any) -> Any:
    return dy * (1 - y * y)


def _product(self: Any, dy: Any, *, y: Any) -> Any:
    return dy * y * (1 - y)


TANH = changed(Tanh, backward=_one_minus_square)
SIGMOID = changed(Sigmoid, backward=_product)
PADDLE = changed(LeakyReLU, backward=_right_derivative)


def _at(x: Any, **more: Any) -> Witness:
    return Witness("", (x,), **more)


CONTROLS = (
    *(
        Control(f"C1 {x:g}", LeakyReLU, "close to the kink", _at([x, -x]), "torch")
        for x in (0.0, 1e-9, 1e-7, 5e-7)
    ),
    Control("C2", Softmax, "a zero upstream gradient", _at([[1.0, 2.0, -1.0]], dy=0.0, terms=1.0)),
    Control("C3", TANH, "1 - y*y cancels", _at([20.0, -20.0], dtype="float32", terms=2.0)),
    Control("C4", SIGMOID, "y * (1 - y) cancels", _at([20.0, -20.0], dtype="float32", terms=1.0)),
    Control("C5 torch", LeakyReLU, "the left derivative is declared", _at([0.0, -0.0]), "torch"),
    Control("C5 paddle", PADDLE, "the right derivative is declared", _at([0.0, -0.0]), "paddle"),
    Control("C6", ELU, "computed with expm1", _at([-1e-6, -1e-3, -40.0, 2.0])),
)
