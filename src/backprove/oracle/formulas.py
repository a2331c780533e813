"""What one executed operation of a framework costs, from its shapes.

The tables are shared by PyTorch and Paddle; `count_torch` and `count_paddle` map the names of their
operations to them. An amount holds the strict count (every operation of the formula) and the FLOP
of the headline convention.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from backprove.counts import Count

Shape = tuple[int, ...]


class Amount(NamedTuple):
    """The operations of one kernel: strict ones, headline FLOP, and how they arise."""

    count: Count
    headline: int
    formula: str = ""


FREE = Amount(Count(), 0)

ACTIVATIONS = {
    "relu": Count(cheap=1),
    "relu6": Count(cheap=2),
    "leaky_relu": Count(flop=1, cheap=2),
    "prelu": Count(flop=1, cheap=2),
    "elu": Count(flop=2, cheap=2, trans=1),
    "selu": Count(flop=3, cheap=2, trans=1),
    "celu": Count(flop=3, cheap=2, trans=1),
    "sigmoid": Count(flop=2, cheap=1, trans=1),
    "tanh": Count(trans=1),
    "softplus": Count(flop=1, cheap=2, trans=2),
    "log_sigmoid": Count(flop=1, cheap=2, trans=2),
    "silu": Count(flop=3, cheap=1, trans=1),
    "gelu": Count(flop=4, trans=1),
    "mish": Count(flop=2, cheap=2, trans=3),
    "hardsigmoid": Count(flop=2, cheap=2),
    "hardswish": Count(flop=3, cheap=2),
    "hardtanh": Count(cheap=2),
}
"""A forward activation, per element."""

SLOPES = {
    "relu": Count(cheap=1),
    "relu6": Count(cheap=2),
    "leaky_relu": Count(flop=1, cheap=2),
    "elu": Count(flop=2, cheap=2),
    "selu": Count(flop=3, cheap=2),
    "celu": Count(flop=3, cheap=2),
    "sigmoid": Count(flop=3),
    "tanh": Count(flop=3),
    "softplus": Count(flop=3, cheap=1, trans=1),
    "log_sigmoid": Count(flop=3, cheap=1, trans=1),
    "silu": Count(flop=4),
    "gelu": Count(flop=9, trans=2),
    "mish": Count(flop=8, cheap=2, trans=3),
    "hardsigmoid": Count(flop=1, cheap=3),
    "hardswish": Count(flop=3, cheap=3),
    "hardtanh": Count(cheap=3),
}
"""Its derivative times the upstream gradient, per element."""

ARITHMETIC = {
    **dict.fromkeys(("add", "sub", "rsub", "mul", "div", "reciprocal"), Count(flop=1)),
    **dict.fromkeys(("square", "addcmul", "addcdiv", "lerp"), Count(flop=1)),
    "addcmul": Count(flop=3),
    "addcdiv": Count(flop=3),
    "lerp": Count(flop=3),
    **dict.fromkeys(("exp", "log", "sqrt", "rsqrt", "erf", "pow", "sin", "cos"), Count(trans=1)),
    **dict.fromkeys(("expm1", "log1p", "log2", "log10", "atan", "tan"), Count(trans=1)),
    **dict.fromkeys(("abs", "sign", "sgn", "maximum", "minimum", "clamp", "where"), Count(cheap=1)),
    **dict.fromkeys(("gt", "ge", "lt", "le", "eq", "ne", "clamp_min", "clamp_max"), Count(cheap=1)),
    **dict.fromkeys(("masked_fill", "floor", "ceil", "round", "threshold"), Count(cheap=1)),
    **dict.fromkeys(("logical_and", "logical_or", "logical_not", "isnan"), Count(cheap=1)),
}
"""Other operations, per element of the output."""


def product(rows: int, inner: int, columns: int, *, bias: bool = False) -> Amount:
    """(rows, inner) by (inner, columns), with a bias added or not; a batch multiplies the rows."""
    mac, size = rows * inner * columns, rows * columns
    added = size if bias else 0
    text = f"{rows} x {inner} x {columns}" + (f"; bias {rows} x {columns}" if bias else "")
    return Amount(Count(mac=mac, flop=max(2 * mac - size, 0) + added), 2 * mac + added, text)


def multiply_adds(mac: int, outputs: int, text: str) -> Amount:
    """Dot products that make `outputs` numbers with `mac` multiply-adds."""
    return Amount(Count(mac=mac, flop=max(2 * mac - outputs, 0)), 2 * mac, text)


def activation(name: str, size: int, *, backward: bool = False) -> Amount:
    """An activation on `size` elements: one FLOP each in the headline convention."""
    table = SLOPES if backward else ACTIVATIONS
    return Amount(table[name] * size, size, f"{name} x {size}")


def elementwise(name: str, size: int) -> Amount:
    """Arithmetic on `size` elements."""
    return plain(ARITHMETIC[name] * size, f"{name} x {size}")


def plain(count: Count, text: str) -> Amount:
    """An amount that is the same in both conventions."""
    return Amount(count, count.flop, text)


def reduction(size: int, found: int, *, mean: bool = False, cheap: bool = False) -> Amount:
    """`size` numbers reduced to `found`: sums, means, or the largest."""
    steps = max(size - found, 0)
    count = Count(cheap=steps) if cheap else Count(flop=steps + (found if mean else 0))
    return plain(count, f"{size} - {found}" + (f" + {found}" if mean else ""))


def softmax(shape: Shape, axis: int, *, logarithm: bool = False, backward: bool = False) -> Amount:
    """Softmax or log-softmax along an axis, or its derivative."""
    size = prod(shape)
    k = shape[axis] if shape else 1
    rows = size // k if k else 0
    if backward:
        flop = rows * (3 * k - 1 if logarithm else 4 * k - 1)
        return plain(Count(flop=flop, trans=size if logarithm else 0), f"{rows} rows of {k}")
    trans = rows * (k + 1) if logarithm else size
    count = Count(flop=rows * (3 * k - 1), cheap=rows * (k - 1), trans=trans)
    return plain(count, f"{rows} rows of {k}")


def layer_norm(size: int, rows: int, affine: int, *, backward: bool = False) -> Amount:
    """Layer normalisation over rows; `affine` is the number of gains, 0 without."""
    if not backward:
        flop = (7 if affine else 5) * size + rows
        return plain(Count(flop=flop, trans=rows), f"7 x {size} + {rows}")
    flop = 12 * size - rows - 2 * affine if affine else 8 * size - rows
    return plain(Count(flop=flop), f"12 x {size} - {rows} - 2 x {affine}")


def batch_norm(size: int, features: int, *, training: bool, backward: bool = False) -> Amount:
    """Batch normalisation of `features` columns with gain and shift."""
    if backward:
        return plain(Count(flop=8 * size), f"8 x {size}")
    if training:
        flop = 7 * size + 7 * features
        return plain(Count(flop=flop, trans=features), f"7 x {size} + 7 x {features}")
    count = Count(flop=2 * size + 4 * features, trans=features)
    return plain(count, f"2 x {size} + 4 x {features}")


def dropout(size: int, *, backward: bool = False) -> Amount:
    """Dropout in training."""
    return plain(Count(flop=size) if backward else Count(size * 0, size, size, 0, size), f"{size}")


def attention(query: Shape, key: Shape, width: int, *, backward: bool = False) -> Amount:
    """Scaled dot-product attention of (..., S, d) and (..., T, d) with values of `width`.

    Backward recomputes the scores: five products instead of two.
    """
    heads, s, d, t = prod(query[:-2]), query[-2], query[-1], key[-2]
    rows = heads * s
    if backward:
        mac = rows * t * (3 * d + 2 * width)
        count = Count(mac=mac, flop=2 * mac + rows * (4 * t - 1), trans=rows * t)
        return Amount(count, count.flop, f"{heads} x {s} x {t} x (3 x {d} + 2 x {width})")
    mac = rows * t * (d + width)
    flop = 2 * mac - rows * t - rows * width + rows * t + rows * (3 * t - 1)
    count = Count(mac=mac, flop=flop, cheap=rows * (t - 1), trans=rows * t)
    headline = 2 * mac + rows * t + rows * (3 * t - 1)
    return Amount(count, headline, f"{heads} x {s} x {t} x ({d} + {width}); softmax")


def recurrent(steps: int, size: int, hidden: int, gates: int, *, biases: int = 2) -> Amount:
    """One direction of an LSTM (4 gates), GRU (3) or plain cell (1) over `steps` rows in all."""
    mac = steps * gates * hidden * (size + hidden)
    each = {4: Count(flop=10, cheap=3, trans=5), 3: Count(flop=9, cheap=2, trans=3)}
    cell = each.get(gates, Count(trans=1)) * (steps * hidden)
    added = steps * gates * hidden * (biases + 1)
    products = Count(mac=mac, flop=2 * mac - 2 * steps * gates * hidden + added)
    headline = 2 * mac + added + cell.flop
    return Amount(products + cell, headline, f"{steps} x {gates} x {hidden} x ({size} + {hidden})")


def recurrent_backward(steps: int, size: int, hidden: int, gates: int, *, dx: bool) -> Amount:
    """Its derivative: both weight gradients, that of the hidden state, and of the input if needed.

    The arithmetic of the gates is 15 operations for each hidden unit and step.
    """
    inner = size + hidden + hidden + (size if dx else 0)
    mac = steps * gates * hidden * inner
    rest = 15 * steps * hidden
    return Amount(
        Count(mac=mac, flop=2 * mac + rest), 2 * mac + rest, f"{steps} x {gates * hidden} x {inner}"
    )
