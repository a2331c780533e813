"""What one executed operation of a framework costs, from its shapes.

The tables are shared by PyTorch and Paddle; `count_torch` and `count_paddle` map the names of their
operations to them. An amount holds the strict count (every operation of the formula) and the FLOP
of the headline convention.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from math import prod

from backprove.counts import Count

Shape = tuple[int, ...]
Needed = Collection[str]
"""Which of the gradients dx, dweight and dbias are asked for."""
GRADIENTS = ("dx", "dweight", "dbias")


@dataclass(frozen=True)
class Amount:
    """The operations of one kernel: strict ones, headline FLOP, and how they arise.

    Of an activation the headline convention counts nothing but that FLOP.
    """

    strict: Count
    headline: int
    formula: str = ""
    activation: bool = False


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
    "softsign": Count(flop=2, cheap=1),
    "tanh_shrink": Count(flop=1, trans=1),
    "hardshrink": Count(cheap=3),
    "softshrink": Count(flop=1, cheap=2),
    "thresholded_relu": Count(cheap=2),
    "rrelu": Count(flop=1, cheap=2, random=1),
    "glu": Count(flop=3, cheap=1, trans=1),
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
    "softsign": Count(flop=3, cheap=1),
    "tanh_shrink": Count(flop=2, trans=1),
    "hardshrink": Count(cheap=3),
    "softshrink": Count(cheap=3),
    "thresholded_relu": Count(cheap=2),
    "rrelu": Count(flop=1),
}
"""Its derivative times the upstream gradient, per element."""

ONE = {
    "flop": (
        "add sub rsub mul div true_divide reciprocal square subtract multiply divide scale fmod "
        "remainder floor_divide mod floordiv"
    ),
    "cheap": (
        "abs sign sgn neg maximum minimum fmax fmin clamp clip where gt ge lt le eq ne clamp_min "
        "clamp_max masked_fill floor ceil round threshold logical_and logical_or logical_not isnan "
        "greater_than greater_equal less_than less_equal equal not_equal tril triu trunc frac "
        "isinf isfinite logical_xor copysign heaviside fill_diagonal"
    ),
    "trans": (
        "exp log sqrt rsqrt erf pow elementwise_pow sin cos expm1 log1p log2 log10 atan tan exp2 "
        "asin acos sinh cosh asinh acosh atanh atan2 erfc erfinv logaddexp logit"
    ),
    "random": (
        "bernoulli rand randn randint rand_like randn_like uniform normal gaussian random "
        "exponential log_normal cauchy geometric poisson randperm"
    ),
}
ARITHMETIC = {
    **{name: Count(**{kind: 1}) for kind, names in ONE.items() for name in names.split()},
    **dict.fromkeys(("addcmul", "addcdiv", "lerp"), Count(flop=3)),
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
    return Amount(table[name] * size, size, f"{name} x {size}", activation=True)


def prelu_backward(size: int) -> dict[str, Amount]:
    """The gradients of a rectifier with learnt slopes: of its input, and of the slopes unsummed."""
    dx = Amount(Count(flop=size, cheap=2 * size), size, f"prelu x {size}", activation=True)
    return {"dx": dx, "dweight": plain(Count(flop=size), f"{size}")}


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


def vector_norm(size: int, found: int) -> Amount:
    """Euclidean lengths of `found` vectors with `size` elements in all."""
    return plain(Count(flop=max(2 * size - found, 0), trans=found), f"2 x {size} - {found}")


def log_sum_exp(size: int, found: int) -> Amount:
    """Logarithms of sums of exponentials, the maximum taken off first."""
    count = Count(flop=2 * size, cheap=max(size - found, 0), trans=size + found)
    return plain(count, f"2 x {size}")


def bilinear_resize(size: int, *, backward: bool = False) -> Amount:
    """Each of `size` points lies between four others: four products and three sums."""
    each = 8 if backward else 7
    return plain(Count(flop=each * size), f"{each} x {size}")


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


def layer_norm(size: int, rows: int, affine: int) -> Amount:
    """Layer normalisation over rows; `affine` is the number of gains, 0 without."""
    factor = 7 if affine else 5
    return plain(Count(flop=factor * size + rows, trans=rows), f"{factor} x {size} + {rows}")


def layer_norm_backward(size: int, rows: int, affine: int, needed: Needed) -> dict[str, Amount]:
    """Its gradients, those that are needed."""
    factor = 9 if affine else 8
    dx = plain(Count(flop=factor * size - rows), f"{factor} x {size} - {rows}")
    return _normalised(dx, size, affine, needed)


def batch_norm(size: int, features: int, *, training: bool) -> Amount:
    """Batch normalisation of `features` columns with gain, shift and running statistics."""
    if training:
        flop = 7 * size + 7 * features
        return plain(Count(flop=flop, trans=features), f"7 x {size} + 7 x {features}")
    count = Count(flop=2 * size + 4 * features, trans=features)
    return plain(count, f"2 x {size} + 4 x {features}")


def batch_norm_backward(
    size: int, features: int, needed: Needed, *, training: bool
) -> dict[str, Amount]:
    """Its gradients, those that are needed."""
    dx = 5 * size + 2 * features if training else size
    text = f"5 x {size} + 2 x {features}" if training else f"{size}"
    return _normalised(plain(Count(flop=dx), text), size, features, needed)


def _normalised(dx: Amount, size: int, features: int, needed: Needed) -> dict[str, Amount]:
    gain = plain(Count(flop=2 * size - features), f"2 x {size} - {features}")
    shift = reduction(size, features)
    return {k: v for k, v in zip(GRADIENTS, (dx, gain, shift), strict=True) if k in needed}


def convolution(outputs: int, inner: int, *, bias: bool = False) -> Amount:
    """Each of `outputs` numbers is a dot product of length `inner`."""
    found = multiply_adds(outputs * inner, outputs, f"{outputs} x {inner}")
    return found if not bias else joined([found, elementwise("add", outputs)])


def convolution_backward(
    outputs: int, inner: int, channels: int, weights: int, inputs: int, needed: Needed
) -> dict[str, Amount]:
    """Its gradients: as many multiply-adds for the input, and for the weight, as forward."""
    mac, text = outputs * inner, f"{outputs} x {inner}"
    found = {
        "dx": multiply_adds(mac, inputs, text),
        "dweight": multiply_adds(mac, weights, text),
        "dbias": reduction(outputs, channels),
    }
    return {k: v for k, v in found.items() if k in needed}


def dropout(size: int) -> Amount:
    """Dropout in training."""
    return plain(Count(flop=size, cheap=size, random=size), f"{size}")


def variance(size: int) -> Amount:
    """Mean, centring, squares and their mean."""
    return plain(Count(flop=4 * size), f"4 x {size}")


def trilinear(
    operands: tuple[Shape, ...], expand: tuple[Shape, ...], summed: Shape, *, ordered: bool
) -> Amount:
    """A sum over the product of three arrays: two of them first, then the third.

    `expand` are the axes that an operand lacks. With `ordered` the first two come first, which is
    how a bilinear layer is counted; else the cheapest pair does.
    """
    axes = len(operands[0]) + len(expand[0])
    has = [set(range(axes)) - set(e) for e in expand]
    lengths = {
        axis: size
        for shape, own in zip(operands, has, strict=True)
        for axis, size in zip(sorted(own), shape, strict=True)
    }

    def steps(a: int, b: int, c: int) -> tuple[int, int]:
        pair = has[a] | has[b]
        rest = (pair - (set(summed) - has[c])) | has[c]
        return prod(lengths[i] for i in pair), prod(lengths[i] for i in rest)

    pairs = [(0, 1, 2)] if ordered else [(0, 1, 2), (0, 2, 1), (1, 2, 0)]
    first, second = min((steps(*p) for p in pairs), key=sum)
    outputs = prod(n for i, n in lengths.items() if i not in summed)
    return multiply_adds(first + second, outputs, f"{first} + {second}")


def joined(amounts: list[Amount]) -> Amount:
    """Several amounts as one."""
    return Amount(
        sum((a.strict for a in amounts), start=Count()),
        sum(a.headline for a in amounts),
        "; ".join(dict.fromkeys(a.formula for a in amounts if a.formula)),
    )


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


def recurrent_backward(
    steps: int, size: int, hidden: int, gates: int, *, dx: bool, biases: int = 2
) -> dict[str, Amount]:
    """Its derivative: both weight gradients, that of the hidden state, and of the input if needed.

    The arithmetic of the gates is 15 operations for each hidden unit and step.
    """
    wide, inner = gates * hidden, hidden + (size if dx else 0)
    rest = 15 * steps * hidden
    state = 2 * steps * wide * inner + rest
    weights = steps * wide * (size + hidden)
    found = {
        "dx": Amount(
            Count(mac=steps * wide * inner, flop=state), state, f"{steps} x {wide} x {inner}"
        ),
        "dweight": multiply_adds(weights, 0, f"{steps} x {wide} x ({size} + {hidden})"),
        "dbias": plain(Count(flop=biases * (steps - 1) * wide), f"{biases} x {steps - 1} x {wide}"),
    }
    return found
