"""What tools print for our own networks: as for the same layers of the framework that they read.

Each rule gives the operations of one operator by pass, or None where the tool's number is unknown.
What the tools do with a network of Paddle or PyTorch is told by `oracle.tools`; a test holds these
rules against those.
"""

from __future__ import annotations

from math import prod

from backprove.cost.walk import VIEWS, Visit
from backprove.counts import Cost, Count
from backprove.ops.activation.celu import CELU
from backprove.ops.activation.elu import ELU
from backprove.ops.activation.gelu import GELU
from backprove.ops.activation.leaky_relu import LeakyReLU
from backprove.ops.activation.maxout import Maxout
from backprove.ops.activation.prelu import PReLU
from backprove.ops.activation.relu import ReLU
from backprove.ops.activation.relu6 import ReLU6
from backprove.ops.activation.silu import SiLU
from backprove.ops.activation.softmax import Softmax
from backprove.ops.linear.linear import Linear
from backprove.ops.normalization.batch_norm_1d import BatchNorm1D
from backprove.ops.normalization.layer_norm import LayerNorm

Counts = dict[str, Count]
TWICE = (ReLU, PReLU, ELU, GELU)
"""What ptflops counts for the layer, and once more for the function that the layer calls."""
ONCE = (LeakyReLU, ReLU6, SiLU, Softmax)
"""What it counts once."""
FUNCTIONS = (ReLU, LeakyReLU, PReLU, ELU, SiLU, GELU, Softmax)
"""The activations whose functions calflops counts; CELU is none of them, though it is an ELU."""


def paddle(visit: Visit, cost: Cost) -> Counts | None:
    if type(visit.op) is Linear:
        return _forward(cost.forward.mac)
    return _forward(prod(visit.output) if type(visit.op) is LeakyReLU else 0)


def fvcore(visit: Visit, cost: Cost) -> Counts | None:
    if visit.joins:
        return _forward(0)
    if cost.forward.mac:
        return _forward(cost.forward.mac)
    if isinstance(visit.op, LayerNorm | BatchNorm1D):
        return _forward((5 if visit.op.affine else 4) * prod(visit.output))
    return _forward(0)


def thop(visit: Visit, cost: Cost) -> Counts | None:
    kind, size = type(visit.op), prod(visit.output)
    if kind is Linear:
        return _forward(cost.forward.mac)
    if isinstance(visit.op, Softmax):
        length = visit.output[visit.op.axis]
        return _forward(size // length * (3 * length - 1))
    if isinstance(visit.op, LayerNorm | BatchNorm1D):
        return _forward((4 if visit.op.affine else 2) * size)
    return _forward(size if kind is PReLU else 0)


def ptflops(visit: Visit, cost: Cost) -> Counts | None:
    kind, size = type(visit.op), prod(visit.output)
    if kind is Linear:
        return _forward(cost.forward.mac + (size if "bias" in visit.parameters else 0))
    if kind in (*TWICE, *ONCE, LayerNorm):
        return _forward((2 if kind in TWICE else 1) * size)
    if isinstance(visit.op, BatchNorm1D):
        return _forward((2 if visit.op.affine else 1) * size)
    return _forward(0 if _is_layer(visit) else None)


def calflops(visit: Visit, cost: Cost) -> Counts | None:
    kind, size = type(visit.op), prod(visit.output)
    if isinstance(visit.op, Linear):
        return _forward(2 * cost.forward.mac)
    if isinstance(visit.op, FUNCTIONS) and kind is not CELU:
        return _forward(size)
    if isinstance(visit.op, LayerNorm | BatchNorm1D):
        each = 4 if isinstance(visit.op, LayerNorm) else 1
        return _forward((each + visit.op.affine) * size)
    return _forward(0 if _is_layer(visit) else None)


def _forward(flop: int | None) -> Counts | None:
    return None if flop is None else {"forward": Count(flop=flop)}


def _is_layer(visit: Visit) -> bool:
    """Whether the framework has the operator as a layer, or it adds or joins by itself."""
    homes = ("activation", "linear", "normalization", "regularization")
    module = type(visit.op).__module__
    own = module.startswith(tuple(f"backprove.ops.{home}." for home in homes))
    joined = visit.joins or isinstance(visit.op, VIEWS)
    return bool(joined) or (own and not isinstance(visit.op, Maxout))
