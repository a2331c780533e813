"""The layers of a network as the doctor sees them: a linear map and what stands behind it."""

from __future__ import annotations

from typing import Any, NamedTuple

from backprove.composite import Composite
from backprove.op import Op
from backprove.ops.linear.linear import Linear
from backprove.train.mistakes.backward import WrongBackward


class Layer(NamedTuple):
    """One linear map of a chain, with the names of its parts in the network.

    number counts from 0. weight and bias are names of parameters (bias None if there is none),
    activation and normalization names of parts or None; `kind` is the class name of the
    activation ("ReLU"; "" for none). is_output marks the last layer.
    """

    number: int
    linear: str
    weight: str
    bias: str | None
    fan_in: int
    fan_out: int
    normalization: str | None = None
    activation: str | None = None
    kind: str = ""
    is_output: bool = False


class Values(NamedTuple):
    """What a layer computes for some rows: before its activation, and behind it."""

    layer: Layer
    before: Any
    after: Any


def layers_of(net: Op) -> list[Layer]:
    """The layers of a chain of operators. A network of another form has none."""
    found: list[Layer] = []
    parts = net.parts if isinstance(net, Composite) else {}
    for name, part in parts.items():
        op = part.op if isinstance(part, WrongBackward) else part
        if isinstance(op, Linear):
            bias = f"{name}.bias" if op.bias else None
            size = (op.in_features, op.out_features)
            found.append(Layer(len(found), name, f"{name}.weight", bias, *size))
        elif found:
            found[-1] = _with(found[-1], name, op)
    if found:
        found[-1] = found[-1]._replace(is_output=True)
    return found


def _with(layer: Layer, name: str, op: Op) -> Layer:
    home = type(op).__module__
    if ".normalization." in home and layer.activation is None:
        return layer._replace(normalization=name)
    if ".activation." in home or ".elementwise." in home:
        return layer._replace(activation=name, kind=type(op).__name__)
    return layer


def values_of(layers: list[Layer], outputs: dict[str, Any]) -> list[Values]:
    """What the layers computed, from the outputs of the parts by name."""
    found = []
    for layer in layers:
        before = outputs[layer.normalization or layer.linear]
        after = before if layer.activation is None else outputs[layer.activation]
        found.append(Values(layer, before, after))
    return found
