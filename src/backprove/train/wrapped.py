"""An operator around another one, which it hands everything on to."""

from __future__ import annotations

from typing import Any

from backprove.counts import Cost
from backprove.op import Gradients, Op, Parameter


class Wrapped(Op):
    """Behaves as `op` does; subclasses change what they are for."""

    def __init__(self, op: Op) -> None:
        self.op = op
        self.signature = op.signature

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        return self.op.fwd(*inputs, **values)

    def bwd(self, saved: dict[str, Any], dy: Any, *, input_grad: bool = True) -> Gradients:
        return self.op.bwd(saved, dy, input_grad=input_grad)

    def new_state(self, saved: dict[str, Any]) -> dict[str, Any]:
        return self.op.new_state(saved)

    def parameters(self) -> dict[str, Parameter]:
        return self.op.parameters()

    def states(self) -> dict[str, Parameter]:
        return self.op.states()

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return self.op.shape(*shapes)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        return self.op.cost(*shapes)
