"""Networks whose matrix products are computed in bfloat16, everything else in float32."""

from __future__ import annotations

import copy
from typing import Any

from backprove.arrays import cast
from backprove.net import Composite
from backprove.op import Gradients, Op
from backprove.ops.linear.linear import Linear
from backprove.pure import pure_backward
from backprove.train.wrapped import Wrapped


class HalfProduct(Wrapped):
    """A linear layer that rounds what it multiplies to bfloat16; its results are float32.

    Parameters may come rounded already. Sums inside a product are float32 on the usual processors;
    the rounding is that of the operands and of the result.
    """

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        """`forward` itself is called: the operators' `fwd` computes half precision in float32."""
        x = cast(inputs[0], "bfloat16")
        rounded = {k: cast(values[k], "bfloat16") for k in self.op.parameters()}
        y = self.op.forward(x, **rounded)
        return cast(y, "float32"), {"x": x, "weight": rounded["weight"]}

    def bwd(self, saved: dict[str, Any], dy: Any, *, input_grad: bool = True) -> Gradients:
        dy = cast(dy, "bfloat16")
        dx, grads = pure_backward(self.op)(self.op, dy, **saved, input_grad=input_grad)
        wide = {k: cast(v, "float32") for k, v in grads.items()}
        return (dx if dx is None else cast(dx, "float32"),), wide


def with_half_products(net: Op) -> Op:
    """A copy of the network with every linear layer in bfloat16; the parameters stay float32."""
    if type(net) is Linear:
        return HalfProduct(net)
    if not isinstance(net, Composite):
        return net
    twin = copy.copy(net)
    twin.parts = {name: with_half_products(part) for name, part in net.parts.items()}
    return twin


def half_names(net: Op, start: str = "") -> list[str]:
    """The names of the parameters that a network takes in bfloat16.

    A layer that occurs twice is named at its first place, as its parameters are.
    """
    if isinstance(net, HalfProduct):
        return [start + name for name in net.parameters()]
    parts = net.parts.items() if isinstance(net, Composite) else ()
    return [found for name, part in parts for found in half_names(part, f"{start}{name}.")]
