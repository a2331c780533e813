"""Networks whose matrix products are computed in bfloat16, everything else in float32."""

from __future__ import annotations

import copy
from typing import Any

from backprove.arrays import cast, namespace
from backprove.net import Composite
from backprove.op import Gradients, Op
from backprove.ops.linear.linear import Linear
from backprove.pure import pure_backward
from backprove.train.wrapped import Wrapped

SMALLEST = 2**17
"""Weights from which on a layer's products are rounded: smaller ones are not faster in bfloat16,
and the last layer's answers, which the loss reads, keep their digits."""


class HalfProduct(Wrapped):
    """A linear layer that rounds what it multiplies to bfloat16; its results are float32.

    The weight may come rounded already. Sums inside a product are float32 on the usual processors;
    the rounding is that of the operands and of the result. The bias is float32 throughout.
    """

    def __init__(self, op: Linear) -> None:
        super().__init__(op)
        self.bias = op.bias
        self.product = copy.copy(op)
        self.product.bias = False

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        """`forward` itself is called: the operators' `fwd` computes half precision in float32."""
        kept = {k: cast(v, "bfloat16") for k, v in (("x", inputs[0]), ("weight", values["weight"]))}
        y = cast(self.product.forward(kept["x"], weight=kept["weight"]), "float32")
        return (y + values["bias"] if self.bias else y), kept

    def bwd(self, saved: dict[str, Any], dy: Any, *, input_grad: bool = True) -> Gradients:
        half = cast(dy, "bfloat16")
        dx, grads = pure_backward(self.product)(self.product, half, **saved, input_grad=input_grad)
        wide = {k: cast(v, "float32") for k, v in grads.items()}
        if self.bias:
            wide["bias"] = namespace(dy).sum(dy, axis=tuple(range(dy.ndim - 1)))
        return (dx if dx is None else cast(dx, "float32"),), wide


def with_half_products(net: Op) -> Op:
    """A copy of the network with its large linear layers in bfloat16; parameters stay float32."""
    if type(net) is Linear:
        return HalfProduct(net) if net.in_features * net.out_features >= SMALLEST else net
    if not isinstance(net, Composite):
        return net
    twin = copy.copy(net)
    twin.parts = {name: with_half_products(part) for name, part in net.parts.items()}
    return twin


def half_names(net: Op, start: str = "") -> list[str]:
    """The names of the weights that a network takes in bfloat16.

    A layer that occurs twice is named at its first place, as its parameters are.
    """
    if isinstance(net, HalfProduct):
        return [f"{start}weight"]
    parts = net.parts.items() if isinstance(net, Composite) else ()
    return [found for name, part in parts for found in half_names(part, f"{start}{name}.")]
