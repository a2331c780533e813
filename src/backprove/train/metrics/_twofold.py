"""Products as two numbers: the rounded value, and what the rounding lost.

Dekker, "A floating-point technique for extending the available precision", 1971. It is not exact
for numbers above about 1e34 in float32, where the split overflows.
"""

from __future__ import annotations

from typing import Any


def times(xp: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """(p, e) with p = a * b rounded and p + e = a * b."""
    p = a * b
    (a1, a0), (b1, b0) = _halves(a), _halves(b)
    return p, a0 * b0 - (((p - a1 * b1) - a0 * b1) - a1 * b0)


def _halves(x: Any) -> tuple[Any, Any]:
    factor = 2.0**27 + 1 if x.dtype.itemsize == 8 else 2.0**12 + 1
    scaled = factor * x
    high = scaled - (scaled - x)
    return high, x - high
