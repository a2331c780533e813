"""Backward passes with a wrong formula."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from backprove.composite import Composite
from backprove.op import Gradients, Op
from backprove.train.config import MistakesConfig
from backprove.train.wrapped import Wrapped

Change = Callable[[Any], Any]
CHANGES: dict[str, Change] = {
    "missing": lambda g: g * 0,
    "negative": lambda g: -g,
    "doubled": lambda g: g + g,
}
"""What can be wrong with a gradient. For an activation, "missing" means dx = dy."""


def with_wrong_backward(mistakes: MistakesConfig, net: Composite) -> Composite:
    """A copy of a chain of operators, some of them with a wrong backward; itself if none is."""
    chosen = (mistakes.activation_gradient, mistakes.weight_gradient, mistakes.bias_gradient)
    if not any(chosen):
        return net
    twin = copy.copy(net)
    twin.parts = {name: _wrong(op, mistakes) for name, op in net.parts.items()}
    return twin


def _wrong(op: Op, mistakes: MistakesConfig) -> Op:
    if mistakes.activation_gradient and ".activation." in type(op).__module__:
        return WrongBackward(op, {"": mistakes.activation_gradient})
    wrong = {"weight": mistakes.weight_gradient, "bias": mistakes.bias_gradient}
    found = {k: v for k, v in wrong.items() if v and k in op.parameters()}
    return WrongBackward(op, found) if found and ".linear." in type(op).__module__ else op


class WrongBackward(Wrapped):
    """An operator with the forward of `op` and some of its gradients changed.

    wrong maps "weight" and "bias", or "" for that of the input, to a name out of CHANGES.
    """

    def __init__(self, op: Op, wrong: Mapping[str, str]) -> None:
        super().__init__(op)
        self.wrong = wrong

    def bwd(self, saved: dict[str, Any], dy: Any, *, input_grad: bool = True) -> Gradients:
        kind = self.wrong.get("")
        if kind == "missing":
            return (dy,), self.op.bwd(saved, dy, input_grad=input_grad)[1]
        inputs, grads = self.op.bwd(saved, dy, input_grad=input_grad)
        if kind is not None and inputs[0] is not None:
            inputs = (CHANGES[kind](inputs[0]), *inputs[1:])
        changed = {k: CHANGES[self.wrong[k]](g) for k, g in grads.items() if k in self.wrong}
        return inputs, {**grads, **changed}
