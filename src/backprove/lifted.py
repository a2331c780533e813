"""Objects of the teaching spelling as operators: `as_op(obj)`."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np

from backprove import lift, pure
from backprove.counts import Cost
from backprove.errors import ContractError, UsageError, unknown
from backprove.messages import render
from backprove.op import Gradients, Op, Parameter


class Lifted(Op):
    """An object that has forward and backward in the teaching spelling, as an operator.

    `params` and `grads` dictionaries as the course uses them are understood, also those of the
    layers that a model holds. The object is never changed: each call works on a copy (see `lift`).

    `protocol` says how backward begins, read from the name of its argument unless it is given:

        "upstream"   op.bwd(saved, dy)
        "labels"     op.bwd(saved, labels=labels)   the loss is inside the model
        "chain"      op.bwd(saved)                  a loss whose backward takes no argument

    A loss that starts the chain is an operator like others: the gradient that it hands on to the
    model it holds is the gradient of its first input.
    """

    def __init__(self, target: Any, protocol: str | None = None) -> None:
        lift.require_operator(target)
        if protocol is not None and protocol not in lift.PROTOCOLS:
            raise unknown("protocol", protocol, lift.PROTOCOLS)
        self.target = target
        self.protocol = protocol or lift.protocol(target)
        self.signature = lift.signature_of(target, self.protocol)
        self._most_inputs = lift.most_inputs(target)

    @property
    def reading(self) -> str:
        """One sentence that says how the object's backward was read."""
        name = lift.upstream_name(self.target)
        return render(_READINGS[self.protocol], cls=type(self.target).__name__, name=name)

    def forward(self, *inputs: Any, **values: Any) -> Any:
        """The output alone."""
        return self.fwd(*inputs, **values)[0]

    def backward(self, upstream: Any = None) -> Any:
        """The gradients after `op(x)`: backward(dy), backward(labels) or backward()."""
        dy = upstream if self.protocol == "upstream" else None
        saved = pure.recall(self, dy)
        labels = upstream if self.protocol == "labels" else None
        return pure.handed_back(self, *self.bwd(saved, dy, labels=labels))

    def __call__(self, *inputs: Any, **values: Any) -> Any:
        y, saved = self.fwd(*inputs, **values)
        pure.remember(self, y, saved)
        return y

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        """Forward on a copy of the object, with its own parameters unless others are given."""
        least = len(self.signature.inputs)
        if not least <= len(inputs) <= self._most_inputs:
            raise UsageError(
                "{cls} takes {expected} inputs ({names}), found {found}",
                cls=type(self.target).__name__,
                expected=least,
                names=", ".join(self.signature.inputs),
                found=len(inputs),
            )
        known = (*self.signature.parameters, "key", "training")
        for name in [k for k in values if k not in known]:
            raise unknown("parameter", name, known)
        return lift.fwd(self.target, inputs, values)

    def bwd(
        self, saved: dict[str, Any], dy: Any = None, *, labels: Any = None, input_grad: bool = True
    ) -> Gradients:
        """Backward on another copy that carries what forward stored."""
        start = labels if self.protocol == "labels" else dy
        wrong = labels is not None and self.protocol != "labels"
        if wrong or (start is None and self.protocol != "chain"):
            raise UsageError(
                "{reading} Call op.bwd({arguments}).",
                reading=self.reading,
                arguments=_ARGUMENTS[self.protocol],
            )
        return lift.bwd(self.target, saved, start, input_grad, self.protocol)

    def parameters(self) -> dict[str, Parameter]:
        """The entries of the `params` dictionaries."""
        found = lift.params_of(self.target, self.protocol)
        return {k: Parameter(*lift.first_value(v)) for k, v in found.items()}

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        """The object's own `shape` if it has one, else found by running forward on ones."""
        if self._has_own("shape"):
            return tuple(self.target.shape(*shapes))
        try:
            y = self.fwd(*(np.ones(size, dtype=np.float32) for size in shapes))[0]
        except Exception as error:
            raise ContractError(
                "the output shape of {cls} cannot be found by running it on NumPy arrays "
                "({error}): write shape(self, *shapes)",
                cls=type(self.target).__name__,
                error=str(error),
            ) from error
        return tuple(np.shape(y))

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """The object's own `cost`. Raises ContractError if it has none."""
        if not self._has_own("cost"):
            raise ContractError(
                "{cls} has no formula for its compute: write cost(self, *shapes)",
                cls=type(self.target).__name__,
            )
        found: Cost = self.target.cost(*shapes)
        return found

    def _has_own(self, name: str) -> bool:
        method = getattr(type(self.target), name, None)
        return callable(method) and method is not getattr(Op, name)

    def __repr__(self) -> str:
        how = "" if self.protocol == "upstream" else f", {self.protocol}"
        return f"Lifted({type(self.target).__name__}{how})"


_READINGS = {
    "upstream": "{cls}.backward({name}) was read as taking the gradient for its output.",
    "labels": "{cls}.backward({name}) was read as taking the labels: the loss is inside the model.",
    "chain": "{cls}.backward() was read as a loss that starts the backward pass.",
}
_ARGUMENTS = {"upstream": "saved, dy", "labels": "saved, labels=labels", "chain": "saved"}


def as_op(obj: Any) -> Op:
    """The object as an operator: itself, or lifted. Raises ContractError if it cannot be.

    An object in the library spelling whose class does not inherit from `Op` is copied into one
    that does; the teaching spelling becomes `Lifted`.
    """
    if isinstance(obj, Lifted) or (isinstance(obj, Op) and not obj.signature.teaching):
        return obj
    lift.require_operator(obj)
    if not lift.library_spelling(obj):
        return Lifted(obj)
    twin: Op = copy.copy(obj)
    cls: Any = type(obj)
    twin.__class__ = _joined(cls)
    return twin


def original(op: Op) -> Any:
    """The object that an operator was made of: what two uses in one network share."""
    return op.target if isinstance(op, Lifted) else op


@cache
def _joined(cls: Any) -> type[Op]:
    body = {"backward": cls.backward, "__call__": Op.__call__, "__module__": cls.__module__}
    return type(cls.__name__, (cls, Op), body)
