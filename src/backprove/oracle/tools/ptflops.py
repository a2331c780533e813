"""What ptflops 0.7.5 adds in its pytorch backend: multiply-adds, biases and elements, as MACs.

Layers go by exact class; some functions are replaced as well, and a layer that calls one of them
(ReLU) is then counted twice. It makes an input of one sample. Source: ptflops.pytorch_ops and
ptflops.pytorch_engine, version 0.7.5.
"""

from __future__ import annotations

from math import prod
from typing import Any

from torch import nn

from backprove.oracle.tools.recurrent import cell, layers
from backprove.oracle.tools.rules import Function, Rules, elements, kinds, pair, size


def _output(module: Any, inputs: Any, output: Any) -> int:
    return size(output)


def _input(module: Any, inputs: Any, output: Any) -> int:
    return size(inputs[0])


def _upsample(module: Any, inputs: Any, output: Any) -> int:
    """Of the first sample only."""
    return size(output[0])


def _linear(module: Any, inputs: Any, output: Any) -> int:
    bias = 0 if module.bias is None else 1
    rows = prod(inputs[0].shape[:-1])
    return int((inputs[0].shape[-1] + bias) * output.shape[-1] * rows)


def _norm(module: Any, inputs: Any, output: Any) -> int:
    return size(inputs[0]) * (2 if getattr(module, "affine", False) else 1)


def _convolution(module: Any, inputs: Any, output: Any) -> int:
    return _convolved(module, inputs[0], output, output)


def _transposed(module: Any, inputs: Any, output: Any) -> int:
    return _convolved(module, inputs[0], output, inputs[0])


def _convolved(module: Any, given: Any, output: Any, places: Any) -> int:
    filters = module.in_channels * (module.out_channels // module.groups)
    products = prod(module.kernel_size) * filters * given.shape[0] * prod(places.shape[2:])
    biases = 0 if module.bias is None else given.shape[0] * prod(output.shape[1:])
    return int(products + biases)


def _attention(module: Any, inputs: Any, output: Any) -> int:
    """Scaling, three projections with biases, the heads, and the last projection."""
    query, _, _ = inputs
    batch, axis = (0, 1) if module.batch_first else (1, 0)
    rows, keys, values = (int(x.shape[axis]) for x in inputs)
    widths = [int(x.shape[2]) for x in inputs]
    flop = rows * widths[0]
    flop += sum(n * w * w for n, w in zip((rows, keys, values), widths, strict=True))
    if module.in_proj_bias is not None:
        flop += (rows + keys + values) * widths[0]
    each = widths[0] // module.num_heads + 1 + widths[2] // module.num_heads
    flop += module.num_heads * rows * keys * each + rows * widths[2] * (widths[2] + 1)
    return int(flop * query.shape[batch])


def _recurrent(module: Any, inputs: Any, output: Any) -> int:
    return layers(module, inputs[0], lambda weight: int(weight.numel()))


def _one_cell(module: Any, inputs: Any, output: Any) -> int:
    return cell(module, lambda weight: int(weight.numel())) * int(inputs[0].shape[0])


def _matmul(input: Any, other: Any, *args: Any, **kwargs: Any) -> tuple[int, int]:
    return size(input) * int(other.shape[-1]), 0


def _addmm(input: Any, mat1: Any, mat2: Any, **kwargs: Any) -> tuple[int, int]:
    added = size(input) if kwargs.get("beta", 1) != 0 else 0
    return size(mat1) * int(mat2.shape[-1]) + added, 0


def _interpolate(*args: Any, **kwargs: Any) -> tuple[int | float, int]:
    given = dict(zip(("input", "size", "scale_factor"), args, strict=False)) | kwargs
    x, axes = given["input"], given["input"].dim() - 2
    if axes < 1:
        raise AssertionError("an input without axes of places")
    if given.get("size") is not None:
        wanted = given["size"]
        places = prod(wanted) if isinstance(wanted, tuple | list) else int(wanted) ** axes
        return int(places) * prod(x.shape[:2]), 0
    factor = given["scale_factor"]
    if isinstance(factor, tuple) and len(factor) == axes:
        return size(x) * prod(int(f) for f in factor), 0
    return size(x) * factor**axes, 0


ELEMENTS = (
    "relu prelu elu relu6 gelu silu softmax avg_pool1d avg_pool2d avg_pool3d max_pool1d max_pool2d "
    "max_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d "
    "adaptive_max_pool2d adaptive_max_pool3d"
).split()
MATRICES: dict[str, Function] = {"matmul": _matmul, "mm": _matmul, "bmm": _matmul, "addmm": _addmm}
SUMS: dict[str, Function] = {"mul": pair, "add": pair}

RULES = Rules(
    {
        **kinds(nn, "Conv1d Conv2d Conv3d", _convolution),
        **kinds(nn, "ConvTranspose1d ConvTranspose2d ConvTranspose3d", _transposed),
        **kinds(nn, "ReLU PReLU ELU LeakyReLU ReLU6 GELU", _output),
        **kinds(
            nn,
            "MaxPool1d MaxPool2d MaxPool3d AvgPool1d AvgPool2d AvgPool3d AdaptiveMaxPool1d "
            "AdaptiveMaxPool2d AdaptiveMaxPool3d AdaptiveAvgPool1d AdaptiveAvgPool2d "
            "AdaptiveAvgPool3d",
            _input,
        ),
        **kinds(
            nn,
            "BatchNorm1d BatchNorm2d BatchNorm3d InstanceNorm1d InstanceNorm2d InstanceNorm3d "
            "GroupNorm LayerNorm",
            _norm,
        ),
        nn.Linear: _linear,
        nn.Upsample: _upsample,
        **kinds(nn, "RNN GRU LSTM", _recurrent),
        **kinds(nn, "RNNCell GRUCell LSTMCell", _one_cell),
        nn.MultiheadAttention: _attention,
    },
    {
        "functional": {
            **dict.fromkeys(ELEMENTS, elements),
            **dict.fromkeys(("upsample", "interpolate"), _interpolate),
        },
        "torch": {**MATRICES, "baddbmm": _addmm, **SUMS},
        "Tensor": {**MATRICES, **SUMS},
    },
    sample=True,
)
