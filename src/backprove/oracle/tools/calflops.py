"""What calflops 0.3.2 adds: 2 for a multiply-add, one for an element of many functions, as FLOPs.

It puts its own functions in the place of PyTorch's and adds what they saw to the layer that runs;
only recurrent layers go by class. `x @ W` calls none of them and counts nothing. Source:
calflops.pytorch_ops and calflops.calculate_pipline, version 0.3.2.
"""

from __future__ import annotations

from math import prod
from typing import Any

from torch import nn

from backprove.oracle.tools.recurrent import cell, layers
from backprove.oracle.tools.rules import Function, Rules, einsum_flop, elements, pair, size

Found = tuple[int, int]


def _twice(mac: int, added: int = 0) -> Found:
    return 2 * mac + added, mac


def _linear(input: Any, weight: Any, bias: Any = None) -> Found:
    return _twice(size(input) * int(weight.shape[0]))


def _nothing(*args: Any, **kwargs: Any) -> Found:
    return 0, 0


def _gelu(input: Any, **kwargs: Any) -> Found:
    return size(input), 0


def _places(input: Any, weight: Any, stride: Any, padding: Any, dilation: Any) -> list[int]:
    """The places at which a filter is laid, also for transposed convolutions."""
    kernel, given = tuple(weight.shape[2:]), tuple(input.shape[2:])

    def each(value: Any) -> tuple[int, ...]:
        return value if type(value) is tuple else (value,) * len(given)

    if isinstance(padding, str):
        same = padding == "same"
        pads = zip(each(dilation), kernel, strict=True)
        padding = tuple(d * (k - 1) // 2 if same else 0 for d, k in pads)
    found = zip(given, kernel, each(stride), each(padding), each(dilation), strict=True)
    return [(n + 2 * p - (d * (k - 1) + 1)) // s + 1 for n, k, s, p, d in found]


def _convolution(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Found:
    if weight.shape[1] * groups != input.shape[1]:
        raise AssertionError("an input without an axis of samples")
    places = prod(_places(input, weight, stride, padding, dilation)) * input.shape[0]
    filters = input.shape[1] * (weight.shape[0] // groups)
    added = 0 if bias is None else weight.shape[0] * places
    return _twice(int(prod(weight.shape[2:]) * filters * places), int(added))


def _transposed(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Found:
    places = prod(_places(input, weight, stride, padding, dilation)) * input.shape[0]
    filters = input.shape[1] * (weight.shape[1] // groups)
    added = 0 if bias is None else weight.shape[1] * places
    mac = prod(weight.shape[2:]) * filters * input.shape[0] * prod(input.shape[2:])
    return _twice(int(mac), int(added))


def _batch_norm(
    input: Any, mean: Any, variance: Any, weight: Any = None, *args: Any, **kwargs: Any
) -> Found:
    training = kwargs.get("training", args[1] if len(args) > 1 else False)
    return size(input) * ((4 if training else 1) + (weight is not None)), 0


def _layer_norm(input: Any, groups: Any, weight: Any = None, *args: Any, **kwargs: Any) -> Found:
    """Group norm too: its groups stand where the shape of a layer norm stands."""
    return size(input) * (4 if weight is None else 5), 0


def _instance_norm(
    input: Any, mean: Any = None, variance: Any = None, weight: Any = None, *args: Any, **kw: Any
) -> Found:
    return size(input) * (4 if weight is None else 5), 0


def _upsample(*args: Any, **kwargs: Any) -> Found:
    """A size counts by itself, without samples and channels; a factor is not applied."""
    given = dict(zip(("size", "scale_factor"), args[1:], strict=False)) | kwargs
    wanted = given.get("size")
    if wanted is not None:
        return int(prod(wanted) if isinstance(wanted, tuple | list) else wanted), 0
    factor = given["scale_factor"]
    if isinstance(factor, tuple) and len(factor) != len(args[0]):
        raise TypeError("unsupported operand type(s) for **: 'tuple' and 'int'")
    return size(args[0]), 0


def _matmul(input: Any, other: Any, *, out: Any = None) -> Found:
    return _twice(size(input) * int(other.shape[-1]))


def _addmm(input: Any, mat1: Any, mat2: Any, **kwargs: Any) -> Found:
    return _twice(size(mat1) * int(mat2.shape[-1]), size(input))


def _einsum(equation: str, *operands: Any) -> Found:
    return int(einsum_flop(equation.replace(" ", ""), [tuple(o.shape) for o in operands])), 0


def _product(weight: Any) -> int:
    return int(2 * weight.numel() - weight.shape[0])


ELEMENTS = (
    "relu prelu elu leaky_relu relu6 silu softmax avg_pool1d avg_pool2d avg_pool3d max_pool1d "
    "max_pool2d max_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
    "adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d"
).split()
TENSORS: dict[str, Function] = {"matmul": _matmul, "addmm": _addmm, "mul": pair, "add": pair}

RULES = Rules(
    {
        **dict.fromkeys((nn.RNN, nn.GRU, nn.LSTM), lambda m, x, y: layers(m, x[0], _product)),
        **dict.fromkeys(
            (nn.RNNCell, nn.GRUCell, nn.LSTMCell),
            lambda m, x, y: cell(m, _product) * int(x[0].shape[0]),
        ),
    },
    {
        "functional": {
            **dict.fromkeys(ELEMENTS, elements),
            "linear": _linear,
            "gelu": _gelu,
            **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
            **{f"conv_transpose{n}d": _transposed for n in (1, 2, 3)},
            "batch_norm": _batch_norm,
            "layer_norm": _layer_norm,
            "group_norm": _layer_norm,
            "instance_norm": _instance_norm,
            "upsample": _upsample,
            "interpolate": _upsample,
            "embedding": _nothing,
        },
        "torch": {**TENSORS, "einsum": _einsum, "baddbmm": _addmm},
        "Tensor": TENSORS,
    },
    whole=False,
)
