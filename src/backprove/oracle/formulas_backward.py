"""What gradients cost in an operation a number: shared by Paddle's operations and those of ONNX."""

from __future__ import annotations

from backprove.counts import Count
from backprove.oracle import formulas as f

PAIRS = {
    "add": (Count(), Count()),
    "sub": (Count(), Count(cheap=1)),
    "mul": (Count(flop=1), Count(flop=1)),
    "div": (Count(flop=1), Count(flop=2, cheap=1)),
    "maximum": (Count(cheap=2), Count(cheap=2)),
    "minimum": (Count(cheap=2), Count(cheap=2)),
}
"""The gradient of either operand, per element of the result."""

SINGLE = {
    "exp": Count(flop=1),
    "log": Count(flop=1),
    "square": Count(flop=2),
    "sqrt": Count(flop=2),
    "rsqrt": Count(flop=3),
    "sin": Count(flop=1, trans=1),
    "cos": Count(flop=1, cheap=1, trans=1),
    "tan": Count(flop=3),
    "asin": Count(flop=3, trans=1),
    "acos": Count(flop=3, cheap=1, trans=1),
    "atan": Count(flop=3),
    "sinh": Count(flop=1, trans=1),
    "cosh": Count(flop=1, trans=1),
    "asinh": Count(flop=3, trans=1),
    "acosh": Count(flop=3, trans=1),
    "atanh": Count(flop=3),
    "reciprocal": Count(flop=2, cheap=1),
    "expm1": Count(flop=2),
    "log1p": Count(flop=2),
    "erf": Count(flop=3, trans=1),
    "clip": Count(cheap=3),
    "abs": Count(flop=1, cheap=1),
    "cumsum": Count(flop=1),
    "logsumexp": Count(flop=2, trans=1),
    "scale": Count(flop=1),
    "mean": Count(flop=1),
}
"""The gradient of the operand, per element of it."""


def single(name: str, size: int) -> f.Amount:
    """The gradient of an operation on each number by itself."""
    return f.plain(SINGLE[name] * size, f"{size}")


def of_operand(name: str, place: int, size: int, found: int) -> f.Amount:
    """The gradient of an operand of `found` elements that was spread to `size`; summed again."""
    each = f.plain(PAIRS[name][place] * size, f"{size}")
    return f.joined([each, f.reduction(size, found)])
