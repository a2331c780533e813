"""Objects of the teaching spelling as operators: `as_op(obj)`."""

from __future__ import annotations

from typing import Any

from backprove import lift
from backprove.op import Gradients, Op, Parameter


class Lifted(Op):
    """An object that has forward and backward, in either spelling, as an operator.

    `params` and `grads` dictionaries as the course uses them are understood. The object is never
    changed: each call works on a copy (see `lift`).
    """

    def __init__(self, target: Any) -> None:
        lift.require_operator(target)
        self.target = target
        self.signature = lift.signature_of(target)

    def forward(self, *inputs: Any) -> Any:
        """The output alone."""
        return self.fwd(*inputs)[0]

    def backward(self, dy: Any) -> Any:
        """Backward of the object itself, after `op(x)`."""
        return self.target.backward(dy)

    def __call__(self, *inputs: Any, **values: Any) -> Any:
        return lift.call(self.target, *inputs)

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        """Forward on a copy of the object."""
        return lift.fwd(self.target, inputs, values)

    def bwd(self, saved: dict[str, Any], dy: Any, *, input_grad: bool = True) -> Gradients:
        """Backward on another copy that carries what forward stored."""
        return lift.bwd(self.target, saved, dy, input_grad)

    def parameters(self) -> dict[str, Parameter]:
        """The entries of the object's `params` dictionary."""
        return {k: Parameter(*lift.first_value(v)) for k, v in lift.params_of(self.target).items()}

    def __repr__(self) -> str:
        return f"Lifted({type(self.target).__name__})"


def as_op(obj: Any) -> Op:
    """The object itself if it is an `Op`, else lifted. Raises ContractError if it cannot be."""
    return obj if isinstance(obj, Op) else Lifted(obj)
