"""The headline numbers of a network: parameters, multiply-adds, operations of a training step.

The headline convention: FLOP = 2 x multiply-adds, plus one for each added bias element, plus one
for each element of an activation, forward and backward; the first layer's input gradient, which
is never needed, is not counted, nor is the loss.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from backprove.net import Composite, Sequential
from backprove.op import Op

Shape = tuple[int, ...]


@dataclass(frozen=True)
class StepCost:
    """Counts for one training step at a batch size; the loss is left out.

    forward_macs and backward_macs are multiply-adds of matrix products, elementwise the operations
    of biases and activations (forward and backward), optimizer those of the update.
    """

    parameters: int
    batch_size: int
    forward_macs: int
    backward_macs: int
    elementwise: int
    optimizer: int

    @property
    def total(self) -> int:
        """All FLOP of the step."""
        return 2 * (self.forward_macs + self.backward_macs) + self.elementwise + self.optimizer


def step_cost(net: Op, sample_shape: Shape, batch_size: int, optimizer: Any = None) -> StepCost:
    """The headline counts of one training step of `batch_size` samples."""
    forward, backward, elementwise = _walk(net, (batch_size, *sample_shape), False)[:3]
    parameters = sum(prod(p.shape) for p in net.parameters().values())
    update = 0 if optimizer is None else optimizer.cost().flop * parameters
    return StepCost(parameters, batch_size, forward, backward, elementwise, update)


def _walk(op: Op, shape: Shape, needs_dx: bool) -> tuple[int, int, int, bool]:
    """(forward macs, backward macs, elementwise FLOP, whether what follows needs its dx)."""
    if isinstance(op, Composite):
        return _walk_parts(op, shape, needs_dx)
    cost = op.cost(shape)
    skipped = () if needs_dx else ("dx",)
    grads = {k: c for k, c in cost.backward.items() if k not in skipped}
    backward_macs = sum(c.mac for c in grads.values())
    if cost.forward.mac:
        size = prod(op.shape(shape)) if "dbias" in cost.backward else 0
        elementwise = size + (cost.backward["dbias"].flop if size else 0)
    elif op.elementwise:
        elementwise = prod(shape) * (2 if needs_dx else 1)
    else:
        elementwise = cost.forward.flop + sum(c.flop for c in grads.values())
    follows = needs_dx or bool(op.parameters())
    return cost.forward.mac, backward_macs, elementwise, follows


def _walk_parts(net: Composite, shape: Shape, needs_dx: bool) -> tuple[int, int, int, bool]:
    forward = backward = elementwise = 0
    follows = needs_dx
    for part in net.parts.values():
        found = _walk(part, shape, follows if isinstance(net, Sequential) else needs_dx)
        forward, backward = forward + found[0], backward + found[1]
        elementwise, follows = elementwise + found[2], follows or found[3]
        if isinstance(net, Sequential):
            shape = part.shape(shape)
    return forward, backward, elementwise + _joints(net, shape, needs_dx), follows


def _joints(net: Composite, shape: Shape, needs_dx: bool) -> int:
    """The additions that join the branches of a Residual or Parallel, forward and backward."""
    if isinstance(net, Sequential):
        return 0
    cost = net.cost(shape)
    inner = sum(part.cost(shape).forward.flop for part in net.parts.values())
    return cost.forward.flop - inner + (cost.backward["dx"].flop if needs_dx else 0)
