"""What paddle.flops 3.3.1 adds for a layer: multiply-adds, called FLOPs, and a few others.

It goes by the exact class of layers without sublayers, never by the network itself, and watches a
layer once for each parent. Beside NumPy 2.4 and newer it raises where it has added anything; these
are the numbers of its own rules. Source: paddle.hapi.dynamic_flops, version 3.3.1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import paddle
from paddle import nn

from backprove.oracle.layers_paddle import layers
from backprove.oracle.refused import Refused, words


def _convolution(layer: Any, inputs: Any, output: Any) -> int:
    """Transposed ones by the same formula."""
    channels = inputs[0].shape[1] / layer._groups
    bias = 0 if layer.bias is None else 1
    return int(size(output) * (channels * prod(layer.weight.shape[2:]) + bias))


def _adaptive_average(layer: Any, inputs: Any, output: Any) -> int:
    pairs = zip(inputs[0].shape[2:], output.shape[2:], strict=True)
    return int((prod(i // o for i, o in pairs) + 1) * size(output))


def size(tensor: Any) -> int:
    return prod(tensor.shape)


CONVOLUTIONS = (
    *(nn.Conv1D, nn.Conv2D, nn.Conv3D),
    *(nn.Conv1DTranspose, nn.Conv2DTranspose, nn.Conv3DTranspose),
)
RULES = {
    **dict.fromkeys(CONVOLUTIONS, _convolution),
    **dict.fromkeys((nn.BatchNorm2D, nn.BatchNorm), lambda layer, x, y: 2 * size(x[0])),
    **dict.fromkeys((nn.ReLU, nn.ReLU6, nn.Dropout), lambda layer, x, y: 0),
    nn.LeakyReLU: lambda layer, x, y: size(x[0]),
    nn.Linear: lambda layer, x, y: layer.weight.shape[0] * size(y),
    **dict.fromkeys((nn.AvgPool1D, nn.AvgPool2D, nn.AvgPool3D), lambda layer, x, y: size(y)),
    **dict.fromkeys(
        (nn.AdaptiveAvgPool1D, nn.AdaptiveAvgPool2D, nn.AdaptiveAvgPool3D), _adaptive_average
    ),
}


def printed(net: Any, inputs: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """{"operations": what it adds, by path; "parameters": as it prints them}."""
    if keywords or len(inputs) != 1 or "float32" not in str(inputs[0].dtype):
        raise Refused("tool", "it takes the shape of one input and draws it in float32")
    watch = Watch(net)
    try:
        with evaluated(net), paddle.no_grad(), watch.on():
            net(*inputs)
    except (Exception, SystemExit) as error:
        raise Refused("tool", words(error)) from error
    return {"operations": watch.operations(), "parameters": watch.parameters()}


@contextmanager
def evaluated(net: Any) -> Iterator[None]:
    """Evaluation mode; afterwards each layer has the mode that it had."""
    flags = [(layer, layer.training) for _, layer in layers(net)]
    net.eval()
    try:
        yield
    finally:
        for layer, flag in flags:
            layer.training = flag


class Watch:
    """Adds the amounts of layers without sublayers."""

    def __init__(self, net: Any) -> None:
        self.net = net
        self.names = {id(layer): name for name, layer in layers(net)}
        self.times = _visits(net)
        self.found: dict[int, tuple[Any, list[int]]] = {}

    @contextmanager
    def on(self) -> Iterator[None]:
        """Watch while the block runs."""
        original = nn.Layer.__call__

        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            output = original(layer, *args, **kwargs)
            if self.names.get(id(layer)) is not None and not list(layer.children()):
                self._add(layer, args, output)
            return output

        nn.Layer.__call__ = call
        try:
            yield
        finally:
            nn.Layer.__call__ = original

    def _add(self, layer: Any, inputs: Any, output: Any) -> None:
        """Of every such layer it asks for the shapes of its first input and output."""
        first = output[0] if isinstance(output, list | tuple) else output
        if not (inputs and hasattr(inputs[0], "shape") and hasattr(first, "shape")):
            raise TypeError(f"{type(layer).__name__} has an input or output without a shape")
        rule = RULES.get(type(layer))
        amount = 0 if rule is None else rule(layer, inputs, output)
        entry = self.found.setdefault(id(layer), (layer, [0, 0]))[1]
        entry[0] += 1
        entry[1] += amount * self.times[id(layer)]

    def operations(self) -> list[dict[str, Any]]:
        """The network itself is left out."""
        return [
            {"path": self.names[key], "name": type(layer).__name__, "calls": calls, "flop": flop}
            for key, (layer, (calls, flop)) in self.found.items()
            if layer is not self.net
        ]

    def parameters(self) -> int:
        """Those of layers without sublayers that ran, each layer once."""
        ran = (layer for layer, _ in self.found.values() if layer is not self.net)
        return sum(size(p) for layer in ran for p in layer.parameters())


def _visits(net: Any) -> Counter[int]:
    """How often a walk through all sublayers of all parents comes to each layer."""
    found: Counter[int] = Counter([id(net)])
    for child in net.children():
        found.update(_visits(child))
    return found
