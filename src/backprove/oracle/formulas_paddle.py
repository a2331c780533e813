"""What an operation of Paddle costs, forward and backward, by its name and arguments.

Paddle computes gradients inside its engine, out of sight; the node that an operation leaves in the
graph tells that its gradient was computed, and its formula is that of the operation.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import paddle

from backprove.counts import Count
from backprove.oracle import formulas as f
from backprove.oracle.formulas_backward import PAIRS, SINGLE, of_operand, single

FREE = set(
    "reshape transpose full full_like assign cast slice strided_slice squeeze unsqueeze concat "
    "stack split split_with_num unbind unstack expand expand_as tile flatten gather gather_nd "
    "index_select embedding set_value set_value_with_tensor share_data view_shape flip roll pad "
    "pad3d arange eye ones zeros shape empty empty_like clone scatter "
    "masked_select t trans_layout view_dtype as_strided accumulation assign_value diagonal "
    "transpose_layout contiguous data one_hot copy_to shape64 numel bitwise_and is_empty "
    "full_int_array full_with_tensor coalesce_tensor "
    "memcpy assign_out print feed fetch shadow_output increment".split()
)
"""Operations that move or make numbers and compute nothing."""

DUNDERS = {
    **{f"__{r}{n}__": n for n in ("add", "mul", "pow", "matmul") for r in ("", "r")},
    **{f"__{n}__": n for n in ("gt", "ge", "lt", "le", "eq", "ne")},
    "__sub__": "sub",
    "__rsub__": "sub",
    **{f"__{n}__": "div" for n in ("div", "truediv", "rdiv", "rtruediv")},
    **{f"__{r}{n}__": n for n in ("floordiv", "mod") for r in ("", "r")},
}
"""Operators of Python that run inside Paddle, and what they do."""

SAME = {
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "swish": "silu",
    "bmm": "matmul",
    "mm": "matmul",
    "mv": "matmul",
    "logsigmoid": "log_sigmoid",
    "brelu": "hardtanh",
    "mean_all": "mean",
    "elementwise_pow": "pow",
    "fmax": "maximum",
    "fmin": "minimum",
}


def plain(name: str) -> str:
    """The name of an operation, without what its variants add."""
    short = DUNDERS.get(name, name.rstrip("_"))
    return SAME.get(short, short)


def forward(name: str, values: list[Any], out: Any) -> Any:
    """The amount of an operation; None if no formula is known."""
    if name in FREE:
        return f.FREE
    if name in FORWARD:
        return FORWARD[name](values, out)
    if name in f.ACTIVATIONS:
        return f.activation(name, size(out))
    if name == "pow":
        square = not hasattr(values[1], "shape") and values[1] == 2
        return f.elementwise("square" if square else "pow", size(out))
    return f.elementwise(name, size(out)) if name in f.ARITHMETIC else None


def backward(name: str, values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    """The amounts of the gradients of the operands in `needed`, by operand and gradient's name.

    None if no formula is known.
    """
    if name in FREE:
        return _embedding(values) if name == "embedding" else {}
    if name in BACKWARD:
        return BACKWARD[name](values, out, needed)
    if name in f.SLOPES:
        return {"dx": f.activation(name, size(out), backward=True)}
    return None


def size(tensor: Any) -> int:
    """The number of elements of a tensor."""
    return int(prod(tensor.shape))


def inner(values: list[Any]) -> int:
    """The length of the dot products of a matrix product."""
    a = list(values[0].shape)
    turned = len(values) > 2 and values[2] is True and len(a) > 1
    return int(a[-2] if turned else a[-1])


def _matmul(values: list[Any], out: Any) -> f.Amount:
    return f.multiply_adds(size(out) * inner(values), size(out), f"{size(out)} x {inner(values)}")


def _matmul_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    mac, text = size(out) * inner(values), f"{size(out)} x {inner(values)}"
    found = {i: f.multiply_adds(mac, size(values[i]), text) for i in needed if i < 2}
    return _by_pass(found, needed)


def _linear(values: list[Any], out: Any) -> f.Amount:
    rows, (k, columns) = size(values[0]) // values[0].shape[-1], values[1].shape
    return f.product(rows, k, columns, bias=len(values) > 2 and values[2] is not None)


def _linear_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    found = _matmul_backward(values[:2], out, needed)
    if 2 in needed:
        found["dbias"] = f.reduction(size(out), size(values[2]))
    return found


def _by_pass(found: dict[int, f.Amount], needed: dict[int, str]) -> dict[str, f.Amount]:
    names = dict.fromkeys(needed[i] for i in found)
    return {n: f.joined([a for i, a in found.items() if needed[i] == n]) for n in names}


def _pair(name: str) -> Callable[..., Any]:
    """Per element of the output for either operand, then sums where it was broadcast."""

    def formula(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
        found = {i: of_operand(name, i, size(out), size(values[i])) for i in needed}
        sums = name in ("add", "sub")
        names = {i: "dbias" if sums and n == "dweight" else n for i, n in needed.items()}
        return _by_pass(found, names)

    return formula


def _single(name: str) -> Callable[..., Any]:
    return lambda values, out, needed: {"dx": single(name, size(values[0]))}


def _dropout_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    return {"dx": f.elementwise("mul", size(values[0]))}


def _reduction(*, mean: bool = False, cheap: bool = False) -> Callable[..., Any]:
    def formula(values: list[Any], out: Any) -> f.Amount:
        return f.reduction(size(values[0]), size(out), mean=mean, cheap=cheap)

    return formula


def _softmax(values: list[Any], out: Any, logarithm: bool = False) -> f.Amount:
    return f.softmax(tuple(out.shape), values[1], logarithm=logarithm)


def _softmax_backward(values: list[Any], out: Any, needed: Any, logarithm: bool = False) -> Any:
    return {"dx": f.softmax(tuple(out.shape), values[1], logarithm=logarithm, backward=True)}


def _layer_norm(values: list[Any], out: Any) -> f.Amount:
    rows = prod(values[0].shape[: values[4]])
    return f.layer_norm(size(values[0]), rows, 0 if values[1] is None else size(values[1]))


def _layer_norm_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    rows = prod(values[0].shape[: values[4]])
    affine = 0 if values[1] is None else size(values[1])
    asked = [f.GRADIENTS[i] for i in needed]
    return f.layer_norm_backward(size(values[0]), rows, affine, asked)


def _trains(values: list[Any]) -> bool:
    return not values[5] and not (len(values) > 9 and values[9])


def _batch_norm(values: list[Any], out: Any) -> f.Amount:
    return f.batch_norm(size(values[0]), size(values[1]), training=_trains(values))


def _batch_norm_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    asked = [{0: "dx", 3: "dweight", 4: "dbias"}[i] for i in needed]
    trains = _trains(values)
    return f.batch_norm_backward(size(values[0]), size(values[1]), asked, training=trains)


def _dropout(values: list[Any], out: Any) -> f.Amount:
    return f.FREE if values[3] else f.dropout(size(out))


def _embedding(values: list[Any]) -> Any:
    ids = values[0]
    distinct = len(set(ids.flatten().tolist())) if isinstance(ids, paddle.Tensor) else 1
    adds = (size(ids) - distinct) * values[1].shape[-1]
    return {"dweight": f.plain(Count(flop=adds), f"{adds}")}


def _bilinear(values: list[Any], out: Any) -> f.Amount:
    rows, (o, a, b) = values[0].shape[0], values[2].shape
    found = f.multiply_adds(rows * o * (a * b + b), size(out), f"{rows} x {o} x ({a} x {b} + {b})")
    bias = len(values) > 3 and values[3] is not None
    return f.joined([found, f.elementwise("add", size(out))]) if bias else found


def _bilinear_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    rows, (o, a, b) = values[0].shape[0], values[2].shape
    macs = {0: rows * o * a * (b + 1), 1: rows * o * b * (a + 1), 2: rows * a * b * (o + 1)}
    found = {i: f.multiply_adds(macs[i], size(values[i]), f"{macs[i]}") for i in needed if i < 3}
    passes = _by_pass(found, {i: "dweight" if i == 2 else n for i, n in needed.items()})
    return passes | ({"dbias": f.reduction(size(out), o)} if 3 in needed else {})


def _cells(values: list[Any]) -> list[tuple[int, int, int]]:
    """Input size, hidden size and gates of each layer and direction of a recurrent network."""
    matrices = [w.shape for w in values[2] if len(w.shape) == 2]
    pairs = zip(matrices[::2], matrices[1::2], strict=True)
    return [(int(i[1]), int(h[1]), int(i[0] // h[1])) for i, h in pairs]


def _rnn(values: list[Any], out: Any) -> f.Amount:
    rows = prod(values[0].shape[:2])
    return f.joined([f.recurrent(rows, *cell) for cell in _cells(values)])


def _rnn_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    rows, cells = prod(values[0].shape[:2]), _cells(values)
    lowest = 0 if 0 in needed else 2 if values[6] else 1
    found = [f.recurrent_backward(rows, *c, dx=i >= lowest) for i, c in enumerate(cells)]
    return {k: f.joined([one[k] for one in found]) for k in f.GRADIENTS}


def _conv(values: list[Any], out: Any) -> f.Amount:
    return f.convolution(size(out), prod(values[1].shape[1:]))


def _conv_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    x, w = values[:2]
    asked = [f.GRADIENTS[i] for i in needed if i < 2]
    return f.convolution_backward(size(out), prod(w.shape[1:]), 1, size(w), size(x), asked)


def _pool(values: list[Any], out: Any) -> f.Amount:
    """Where the windows adapt to the output, each holds its share of the input."""
    spread = -(-size(values[0]) // size(out))
    cells = spread if values[8] or values[9] else prod(values[1])
    largest = values[7] == "max"
    count = Count(cheap=size(out) * (cells - 1)) if largest else Count(flop=size(out) * cells)
    return f.plain(count, f"{size(out)} x {cells}")


def _where_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    return {"dx": f.plain(Count(cheap=size(out) * len(needed)), f"{size(out)}")}


def _scale(values: list[Any], out: Any) -> f.Amount:
    steps = (values[1] != 1) + (len(values) > 2 and values[2] != 0)
    return f.plain(Count(flop=int(steps) * size(out)), f"{size(out)}")


def _pow_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    n = size(out)
    if hasattr(values[1], "shape"):
        return None
    return {"dx": f.plain(Count(flop=2 * n, trans=0 if values[1] == 2 else n), f"2 x {n}")}


def _pool_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    return {"dx": f.elementwise("add", size(out) if values[7] == "max" else size(values[0]))}


def _einsum(values: list[Any], out: Any) -> f.Amount | None:
    """Two operands: a multiply-add for each point of the space of all indices."""
    inputs = values[-1].replace(" ", "").partition("->")[0].split(",")
    if len(inputs) != 2 or "." in values[-1]:
        return None
    lengths = {
        index: int(length)
        for names, operand in zip(inputs, values, strict=False)
        for index, length in zip(names, operand.shape, strict=True)
    }
    points = prod(lengths.values())
    if points == size(out):
        return f.elementwise("mul", points)
    return f.multiply_adds(points, size(out), f"{values[-1]}: {points}")


def _einsum_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    found = _einsum(values, out)
    if found is None:
        return None
    mac = found.strict.mac
    if not mac:
        return _by_pass(dict.fromkeys(needed, found), needed)
    each = {i: f.multiply_adds(mac, size(values[i]), f"{mac}") for i in needed}
    return _by_pass(each, needed)


def _group_norm(values: list[Any], out: Any) -> f.Amount:
    groups = values[4] if len(values) > 4 else size(values[1])
    affine = 0 if values[1] is None else size(values[1])
    return f.layer_norm(size(out), out.shape[0] * groups, affine)


def _group_norm_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    groups = values[4] if len(values) > 4 else size(values[1])
    affine = 0 if values[1] is None else size(values[1])
    asked = [f.GRADIENTS[i] for i in needed]
    return f.layer_norm_backward(size(out), out.shape[0] * groups, affine, asked)


def _transposed(values: list[Any], out: Any) -> f.Amount:
    return f.convolution(size(values[0]), prod(values[1].shape[1:]))


def _transposed_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    x, w = values[:2]
    asked = [f.GRADIENTS[i] for i in needed if i < 2]
    return f.convolution_backward(size(x), prod(w.shape[1:]), 1, size(w), size(x), asked)


def _addmm(values: list[Any], out: Any) -> f.Amount:
    return f.joined([_matmul(values[1:3], out), f.elementwise("add", size(out))])


def _addmm_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    shifted = {i - 1: n for i, n in needed.items() if i}
    return _matmul_backward(values[1:3], out, shifted)


def _norm(values: list[Any], out: Any) -> f.Amount | None:
    return f.vector_norm(size(values[0]), size(out)) if values[1] == 2 else None


def _norm_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    return {"dx": f.plain(Count(flop=2 * size(values[0])), f"2 x {size(values[0])}")}


def _nearest_backward(values: list[Any], out: Any, needed: dict[int, str]) -> Any:
    return {"dx": f.reduction(size(out), size(values[0]))}


FORWARD: dict[str, Callable[..., Any]] = {
    "matmul": _matmul,
    "linear": _linear,
    "sum": _reduction(),
    "mean": _reduction(mean=True),
    "max": _reduction(cheap=True),
    "min": _reduction(cheap=True),
    "argmax": _reduction(cheap=True),
    "softmax": _softmax,
    "log_softmax": lambda values, out: _softmax(values, out, logarithm=True),
    "layer_norm": _layer_norm,
    "batch_norm": _batch_norm,
    "dropout": _dropout,
    "bilinear": _bilinear,
    "rnn": _rnn,
    "conv2d": _conv,
    "depthwise_conv2d": _conv,
    "pool2d": _pool,
    "einsum": _einsum,
    "conv3d": _conv,
    "conv2d_transpose": _transposed,
    "depthwise_conv2d_transpose": _transposed,
    "conv3d_transpose": _transposed,
    "pool3d": _pool,
    "group_norm": _group_norm,
    "instance_norm": _group_norm,
    "addmm": _addmm,
    "dot": lambda values, out: f.multiply_adds(size(values[0]), size(out), f"{size(values[0])}"),
    "p_norm": _norm,
    "cumsum": lambda values, out: f.elementwise("add", size(out)),
    "logsumexp": lambda values, out: f.log_sum_exp(size(values[0]), size(out)),
    "prod": _reduction(),
    "any": _reduction(cheap=True),
    "all": _reduction(cheap=True),
    "argmin": _reduction(cheap=True),
    "nearest_interp": lambda values, out: f.FREE,
    "bilinear_interp": lambda values, out: f.bilinear_resize(size(out)),
    "scale": _scale,
}
BACKWARD: dict[str, Callable[..., Any]] = {
    **{name: _pair(name) for name in PAIRS},
    **{name: _single(name) for name in SINGLE},
    "matmul": _matmul_backward,
    "linear": _linear_backward,
    "p_norm": _norm_backward,
    "addmm": _addmm_backward,
    "dot": _pair("mul"),
    "group_norm": _group_norm_backward,
    "instance_norm": _group_norm_backward,
    "conv3d": _conv_backward,
    "conv2d_transpose": _transposed_backward,
    "depthwise_conv2d_transpose": _transposed_backward,
    "conv3d_transpose": _transposed_backward,
    "pool3d": _pool_backward,
    "nearest_interp": _nearest_backward,
    "bilinear_interp": lambda values, out, needed: {
        "dx": f.bilinear_resize(size(out), backward=True)
    },
    "pow": _pow_backward,
    "sum": lambda values, out, needed: {},
    "where": _where_backward,
    "softmax": _softmax_backward,
    "log_softmax": lambda values, out, needed: _softmax_backward(values, out, needed, True),
    "layer_norm": _layer_norm_backward,
    "batch_norm": _batch_norm_backward,
    "dropout": _dropout_backward,
    "bilinear": _bilinear_backward,
    "rnn": _rnn_backward,
    "pool2d": _pool_backward,
    "einsum": _einsum_backward,
    "max": lambda values, out, needed: {"dx": f.elementwise("where", size(values[0]))},
    "min": lambda values, out, needed: {"dx": f.elementwise("where", size(values[0]))},
    "prelu": lambda values, out, needed: f.prelu_backward(size(out)),
    "conv2d": _conv_backward,
    "depthwise_conv2d": _conv_backward,
}
