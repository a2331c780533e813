"""What thop 0.1.1 adds for a layer: multiply-adds, called MACs, and rough numbers for some others.

It goes by the exact class, puts the network into evaluation mode, and watches a layer once for
each parent that it lies under. Source: thop.profile and thop.vision.basic_hooks, version 0.1.1.
"""

from __future__ import annotations

from math import prod
from typing import Any

from torch import nn
from torch.nn.utils.rnn import PackedSequence

from backprove.oracle.tools.rules import Rules, kinds, size

UPSAMPLED = {"nearest": 1, "linear": 5, "bilinear": 11, "bicubic": 259}
"""For an element of the output, by the way in which it is interpolated."""


def _nothing(module: Any, inputs: Any, output: Any) -> int:
    return 0


def _convolution(module: Any, inputs: Any, output: Any) -> int:
    """The transposed ones by the same formula, from the size of their output."""
    channels = inputs[0].shape[1] // module.groups
    return int(size(output) * channels * prod(module.weight.shape[2:]))


def _norm(module: Any, inputs: Any, output: Any) -> int:
    affine = getattr(module, "affine", False) or getattr(module, "elementwise_affine", False)
    return size(inputs[0]) * (4 if affine else 2)


def _softmax(module: Any, inputs: Any, output: Any) -> int:
    length = inputs[0].shape[module.dim]
    return int(size(inputs[0]) // length * (3 * length - 1))


def _adaptive_average(module: Any, inputs: Any, output: Any) -> int:
    window = prod(i / o for i, o in zip(inputs[0].shape[2:], output.shape[2:], strict=True))
    return int((window + 1) * size(output))


def _upsample(module: Any, inputs: Any, output: Any) -> int:
    return UPSAMPLED.get(module.mode, 0) * size(output)


def _linear(module: Any, inputs: Any, output: Any) -> int:
    return int(module.in_features) * size(output)


def _cell(module: Any, width: int) -> int:
    """One step of one sample: the products of each gate, three additions and what joins gates."""
    hidden, gates, joins = module.hidden_size, 1, 0
    if isinstance(module, nn.GRU | nn.GRUCell):
        gates, joins = 3, 4
    elif isinstance(module, nn.LSTM | nn.LSTMCell):
        gates, joins = 4, 4
    biases = 2 if module.bias else 0
    return int(gates * hidden * (width + hidden + 1 + biases) + joins * hidden)


def _one_cell(module: Any, inputs: Any, output: Any) -> int:
    return _cell(module, module.input_size) * int(inputs[0].shape[0])


def _recurrent(module: Any, inputs: Any, output: Any) -> int:
    ways = 2 if module.bidirectional else 1
    widths = [module.input_size, *[module.hidden_size * ways] * (module.num_layers - 1)]
    return sum(_cell(module, width) for width in widths) * ways * _steps(module, inputs[0])


def _steps(module: Any, given: Any) -> int:
    """Samples times steps; of a packed sequence, as if all samples were as long as the longest."""
    if isinstance(given, PackedSequence):
        return int(given.batch_sizes.max()) * int(given.batch_sizes.shape[0])
    return int(given.shape[0] * given.shape[1])


RULES = Rules(
    {
        **kinds(
            nn,
            "ZeroPad2d ReLU ReLU6 LeakyReLU MaxPool1d MaxPool2d MaxPool3d AdaptiveMaxPool1d "
            "AdaptiveMaxPool2d AdaptiveMaxPool3d Dropout Sequential PixelShuffle",
            _nothing,
        ),
        **kinds(
            nn, "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d", _convolution
        ),
        **kinds(
            nn,
            "BatchNorm1d BatchNorm2d BatchNorm3d LayerNorm InstanceNorm1d InstanceNorm2d "
            "InstanceNorm3d SyncBatchNorm",
            _norm,
        ),
        nn.PReLU: lambda module, inputs, output: size(inputs[0]),
        nn.Softmax: _softmax,
        **kinds(nn, "AvgPool1d AvgPool2d AvgPool3d", lambda module, inputs, output: size(output)),
        **kinds(nn, "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d", _adaptive_average),
        nn.Linear: _linear,
        **kinds(nn, "Upsample UpsamplingBilinear2d UpsamplingNearest2d", _upsample),
        **kinds(nn, "RNNCell GRUCell LSTMCell", _one_cell),
        **kinds(nn, "RNN GRU LSTM", _recurrent),
    },
    repeated=True,
    grad=False,
)
