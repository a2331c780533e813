"""Looking at every operator of a network while it runs, without hooks on the network.

`watched(net, record)` is a copy of the network whose operators report their outputs and
gradients; the network itself is not touched.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from backprove.net import Composite
from backprove.op import Gradients, Op
from backprove.train.step import Program, Tree, gradients
from backprove.train.wrapped import Wrapped

Record = Callable[[str, Op, str, Any], None]


class Watched(Wrapped):
    """An operator that hands what it computes to `record(name, op, kind, array)`.

    kind is "output", "gradient" (of the input), or "parameter gradient", whose name has the
    parameter's behind a dot.
    """

    def __init__(self, op: Op, name: str, record: Record) -> None:
        super().__init__(op)
        self.name, self.record = name, record

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        y, saved = self.op.fwd(*inputs, **values)
        self.record(self.name, self.op, "output", y)
        return y, saved

    def bwd(self, saved: dict[str, Any], dy: Any, *, input_grad: bool = True) -> Gradients:
        inputs, grads = self.op.bwd(saved, dy, input_grad=input_grad)
        for name, gradient in grads.items():
            self.record(f"{self.name}.{name}", self.op, "parameter gradient", gradient)
        if inputs[0] is not None:
            self.record(self.name, self.op, "gradient", inputs[0])
        return inputs, grads


def watched(net: Op, record: Record, name: str = "") -> Op:
    """A copy of the network whose operators report to `record` under their dotted names."""
    if not isinstance(net, Composite):
        return Watched(net, name, record)
    twin = copy.copy(net)
    start = f"{name}." if name else ""
    twin.parts = {k: watched(part, record, start + k) for k, part in net.parts.items()}
    return twin


class Place(NamedTuple):
    """Where something is not finite: the operator's name and class, and what of it."""

    name: str
    operator: str
    kind: str


def first_not_finite(program: Program, state: Tree, x: Any, target: Any) -> Place | None:
    """The first array of a training step that holds NaN or infinity; None if all are finite.

    Parameters are looked at first, then outputs in the order of the forward pass, the loss, and
    gradients in the order of the backward pass.
    """
    for name, value in state["params"].items():
        if not np.all(np.isfinite(value)):
            return Place(name, "", "parameter")
    found: list[Place] = []

    def record(name: str, op: Op, kind: str, value: Any) -> None:
        if not found and not np.all(np.isfinite(value)):
            inner = op.op if isinstance(op, Wrapped) else op
            found.append(Place(name, type(inner).__name__, kind))

    copied = Program(
        watched(program.net, record),
        Watched(program.loss, "loss", record),
        program.optimizer,
        (),
        program.transform,
    )
    with np.errstate(all="ignore"):
        gradients(copied, state, x, target)
    return found[0] if found else None
