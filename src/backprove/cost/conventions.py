"""Ways to count. Two are our own; the others reproduce what a tool prints for our networks.

* strict    every operation of the written formula: a dot product of length k has k - 1 additions
* headline  2 for each multiply-add, 1 for each bias addition and each element of an activation

The tools count a forward pass (torch's counter also backward), each in a way of its own, and call
the number FLOPs, flop or MACs. What a tool prints for an operator that was not tried is unknown,
so the total then reads "at least".
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

from backprove.cost.walk import VIEWS, Visit
from backprove.counts import Cost, Count
from backprove.errors import unknown
from backprove.ops.activation.elu import ELU
from backprove.ops.activation.gelu import GELU
from backprove.ops.activation.leaky_relu import LeakyReLU
from backprove.ops.activation.prelu import PReLU
from backprove.ops.activation.relu import ReLU
from backprove.ops.activation.relu6 import ReLU6
from backprove.ops.activation.sigmoid import Sigmoid
from backprove.ops.activation.softmax import Softmax
from backprove.ops.activation.tanh import Tanh
from backprove.ops.linear.linear import Linear
from backprove.ops.normalization.batch_norm_1d import BatchNorm1D
from backprove.ops.normalization.layer_norm import LayerNorm
from backprove.ops.regularization.dropout import Dropout

Counts = dict[str, Count]
TOGETHER = "dall"
"""The backward of an operator that was counted during a run: all gradients together, and in every
convention of ours each operation as it was executed."""
REPLACED = (ReLU, PReLU, ELU, GELU)
"""What ptflops counts twice: for the layer, and for the function that the layer calls."""


NOTES = {
    "headline": (
        "Headline convention: FLOP = 2 x multiply-adds, plus one per bias addition and per "
        "element of an activation; the first layer's dX is not needed and not counted."
    ),
    "strict": (
        "Strict convention: every operation of the written formulas, a dot product of length k "
        "having k - 1 additions; the first layer's dX is not needed and not counted."
    ),
    "paddle": (
        "As paddle.flops prints it: multiply-adds of linear layers, called FLOPs, plus one per "
        "element of LeakyReLU; nothing for biases, other activations, loss and optimizer."
    ),
    "torch": (
        "As PyTorch's FlopCounterMode prints it: 2 x multiply-adds of matrix products, forward "
        "and backward; nothing for biases, activations, loss and optimizer."
    ),
    "fvcore": (
        "As fvcore prints it: multiply-adds, called flop; nothing for biases and activations."
    ),
    "thop": ("As thop prints it: multiply-adds, called MACs; nothing for biases and activations."),
    "ptflops": (
        "As ptflops prints it (its pytorch backend): multiply-adds of one sample whatever the "
        "batch, plus one per bias and per element of an activation, called MACs."
    ),
    "calflops": (
        "As calflops prints it: 2 x multiply-adds plus one per element of an activation, nothing "
        "for biases; its backward is twice this, which counts a dX that no one needs."
    ),
}
"""What the numbers of each convention mean."""


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


def _forward(flop: int | None) -> Counts | None:
    return None if flop is None else {"forward": Count(flop=flop)}


def _paddle(visit: Visit, cost: Cost) -> Counts | None:
    if type(visit.op) is Linear:
        return _forward(cost.forward.mac)
    return _forward(prod(visit.output) if type(visit.op) is LeakyReLU else 0)


def _fvcore(visit: Visit, cost: Cost) -> Counts | None:
    if cost.forward.mac:
        return _forward(cost.forward.mac)
    if isinstance(visit.op, LayerNorm | BatchNorm1D):
        return _forward(5 * prod(visit.output) if visit.op.affine else None)
    return _forward(0)


def _thop(visit: Visit, cost: Cost) -> Counts | None:
    kind, size = type(visit.op), prod(visit.output)
    if kind is Linear:
        return _forward(cost.forward.mac)
    if kind is Softmax:
        rows = size // visit.output[-1]
        return _forward(rows * (3 * visit.output[-1] - 1))
    if isinstance(visit.op, LayerNorm | BatchNorm1D):
        return _forward(4 * size if visit.op.affine else None)
    return _forward(0)


def _ptflops(visit: Visit, cost: Cost) -> Counts | None:
    kind, size = type(visit.op), prod(visit.output)
    if kind is Linear:
        return _forward(cost.forward.mac + (size if "bias" in visit.parameters else 0))
    if kind in REPLACED:
        return _forward(2 * size)
    if kind in (LeakyReLU, ReLU6, Softmax, LayerNorm):
        return _forward(size)
    silent = isinstance(visit.op, (*VIEWS, Dropout, Linear))
    return _forward(0 if silent else None)


def _calflops(visit: Visit, cost: Cost) -> Counts | None:
    size = prod(visit.output)
    if isinstance(visit.op, Linear):
        return _forward(2 * cost.forward.mac)
    if isinstance(visit.op, ReLU | LeakyReLU | PReLU | ELU | GELU | Softmax):
        return _forward(size)
    if isinstance(visit.op, LayerNorm | BatchNorm1D):
        each = 5 if isinstance(visit.op, LayerNorm) else 2
        return _forward(each * size if visit.op.affine else None)
    silent = isinstance(visit.op, (*VIEWS, Dropout, ReLU6, Sigmoid, Tanh))
    return _forward(0 if silent else None)


def _seen_twice(visit: Visit) -> bool:
    """Whether a layer lies under two parents, where tools with hooks count it several times."""
    if visit.tied_to is None:
        return False
    return visit.tied_to.rpartition(".")[0] != visit.name.rpartition(".")[0]


CONVENTIONS = {
    "headline": Convention(headline, own=True),
    "strict": Convention(strict, own=True),
    "paddle": Convention(_paddle, hooks=True),
    "torch": Convention(_torch),
    "fvcore": Convention(_fvcore),
    "thop": Convention(_thop, hooks=True),
    "ptflops": Convention(_ptflops, hooks=True, single=True),
    "calflops": Convention(_calflops, hooks=True),
}
