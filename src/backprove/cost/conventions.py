"""Ways to count. Two are our own; the others reproduce what a tool prints for our networks.

* strict    every operation of the written formula: a dot product of length k has k - 1 additions
* headline  2 for each multiply-add, 1 for each bias addition and each element of an activation

The tools count a forward pass (torch's counter also backward), each in a way of its own, and call
the number FLOPs, flop or MACs: `convention_notes` says how. What a tool prints for an operator that
it has no layer for is unknown, so the total then reads "at least".
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

from backprove.cost import tool_rules
from backprove.cost.tool_rules import Counts
from backprove.cost.walk import Visit
from backprove.counts import Cost, Count
from backprove.errors import unknown

TOGETHER = "dall"
"""The backward of an operator that was counted during a run: all gradients together, and in every
convention of ours each operation as it was executed."""


class Convention(NamedTuple):
    """The rule, which gives None where the number is unknown, and what is special.

    own      ours: all passes, loss and optimizer are counted
    hooks    the tool goes by the class of a layer, so subclasses count nothing
    single   the tool always counts one sample
    """

    rule: Callable[[Visit, Cost], Counts | None]
    own: bool = False
    hooks: bool = False
    single: bool = False


def find(name: str) -> Convention:
    """The convention of a name. Raises UsageError for an unknown one."""
    if name not in CONVENTIONS:
        raise unknown("convention", name, CONVENTIONS)
    return CONVENTIONS[name]


def counts(visit: Visit, cost: Cost, convention: Convention) -> Counts | None:
    """The operations of one operator by pass; None if they are unknown in this convention."""
    if convention.hooks and _seen_twice(visit):
        return None
    return convention.rule(visit, cost)


def strict(visit: Visit, cost: Cost) -> Counts:
    """Every operation of the formula; gradients of the inputs are put together as dx."""
    names = {f"d{name}" for name in visit.op.signature.inputs} | {"dx"}
    grads = {k: c for k, c in cost.backward.items() if k not in names}
    dx = sum((c for k, c in cost.backward.items() if k in names), start=Count())
    return {"forward": cost.forward, **({"dx": dx} if visit.needs_dx else {}), **grads}


def headline(visit: Visit, cost: Cost) -> Counts:
    """Two for a multiply-add, one for a bias addition or an element of an activation."""
    found = strict(visit, cost)
    if TOGETHER in found:
        return found
    if cost.forward.mac:
        biases = prod(visit.output) if "dbias" in cost.backward else 0
        products = {k: Count(mac=c.mac, flop=2 * c.mac) for k, c in found.items() if c.mac}
        forward = products["forward"] + Count(flop=biases)
        return {**found, **products, "forward": forward}
    if not visit.op.elementwise:
        return found
    size = prod(visit.output)
    one = {k: Count(flop=size, random=c.random) for k, c in found.items() if k in ("forward", "dx")}
    return {**found, **one}


def _torch(visit: Visit, cost: Cost) -> Counts:
    """FlopCounterMode: matrix products only, backward too."""
    return {k: Count(flop=2 * c.mac) for k, c in strict(visit, cost).items()}


def _seen_twice(visit: Visit) -> bool:
    """Whether a layer lies under two parents, where tools with hooks count it several times."""
    if visit.tied_to is None:
        return False
    return visit.tied_to.rpartition(".")[0] != visit.name.rpartition(".")[0]


CONVENTIONS = {
    "headline": Convention(headline, own=True),
    "strict": Convention(strict, own=True),
    "paddle": Convention(tool_rules.paddle, hooks=True),
    "torch": Convention(_torch),
    "fvcore": Convention(tool_rules.fvcore),
    "thop": Convention(tool_rules.thop, hooks=True),
    "ptflops": Convention(tool_rules.ptflops, hooks=True, single=True),
    "calflops": Convention(tool_rules.calflops, hooks=True),
}
