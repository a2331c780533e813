"""Definitions that a framework documents otherwise than the literature: conventions, no mistakes.

They are told with the check of that framework's operator.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from backprove.findings import Check
from backprove.messages import render
from backprove.ops import operators

LINEAR = "documented: x itself where beta x > threshold, up to {size} from the exact value"


@cache
def documented(library: str, cls: Any) -> Any:
    """The definition that the library's documentation gives, which is mostly `cls` itself."""
    if library in ("torch", "paddle") and cls is operators()["Softplus"]:
        return _softplus(cls)
    return cls


def _softplus(cls: Any) -> Any:
    class Linear(cls):  # type: ignore[misc]
        """Softplus as PyTorch and Paddle document it: linear above a threshold."""

        def definition(self, m: Any, x: Any) -> Any:
            return m.where(self.beta * x > self.threshold, x, super().definition(m, x))

    Linear.__name__ = cls.__name__
    return Linear


def told(cls: Any, given: dict[str, Any]) -> list[Check]:
    """What is to be said of a documented convention."""
    if cls.__mro__[1] is not operators()["Softplus"]:
        return []
    op = cls(**given)
    size = f"{math.log1p(math.exp(-op.threshold)) / op.beta:.1e}"
    return [Check("convention", "convention", render(LINEAR, size=size))]
