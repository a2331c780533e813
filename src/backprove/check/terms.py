"""What textbook formulas add up where the terms cancel.

An error is held against the size of these terms, not of the small number that is left: x - tanh x
loses digits near 0 whoever computes it as it is written. Our own operators are held to more.
"""

from __future__ import annotations

from typing import Any

import numpy as np

CANCELLING = ("LogSoftmax", "BCEWithLogits", "CrossEntropy")
"""Values that are the difference of an input and a logarithm."""


def value_terms(op: Any, x: Any) -> Any:
    """The size of the terms of an elementwise formula at x; 0 where nothing cancels."""
    return np.where(np.isfinite(x), np.abs(x), 0) if _name(op) in VALUES else 0


def gradient_terms(op: Any, x: Any) -> Any:
    """The size of the terms of the derivative that follows from the formula."""
    if _name(op) == "Softsign":
        return 1 / (1 + np.abs(x))
    return 1 if _name(op) in VALUES else 0


VALUES = ("Tanhshrink", "GELU", "squareplus")
"""x - tanh x, x (1 + erf x), x + sqrt(x x + 4)."""


def inputs_size(op: Any, x: Any) -> float:
    """The largest number of the first input, for values that cancel; else 0."""
    finite = np.abs(np.asarray(x, dtype=np.float64)[np.isfinite(np.asarray(x, dtype=np.float64))])
    return float(np.max(finite, initial=0)) if _name(op) in CANCELLING else 0.0


def _name(op: Any) -> str:
    return type(op).__name__
