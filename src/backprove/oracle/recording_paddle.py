"""Watching a Paddle network run: which operations are asked for, under which layer.

Paddle has no dispatch mode. While the network runs, the functions through which Python reaches its
operations are wrapped: those of `paddle._C_ops`, and the arithmetic operators of tensors, which go
past them. The same functions build a static program, so that a network can be watched without
being run.
"""

from __future__ import annotations

import sys
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import paddle
from paddle import _C_ops

from backprove.oracle.formulas_paddle import DUNDERS, FREE, plain, size
from backprove.oracle.layers_paddle import layers, parameters_of
from backprove.oracle.networks import tensors

TENSOR = paddle.Tensor
KINDS = (paddle.Tensor, paddle.pir.Value)
"""Arrays, and the values of a static program, which have a shape alone."""
LEAVES = ("numpy", "__array__")

"""How an array is handed to NumPy, where nothing is seen."""
ASKS = ("__bool__", "__int__", "__float__", "__index__", "item", "tolist", *LEAVES)

"""How a network reads values, and may let them decide what it does."""


@dataclass(frozen=True)
class Call:
    """One executed operation; its tensors are kept until the count is done."""

    path: str
    name: str
    values: list[Any]
    out: Any
    node: Any = None
    """What it left in the graph, if anything."""


class Recorder:
    """What a network executes, under the paths of its layers.

    A part that is compiled to a program while the network runs belongs to it only when it executes.
    """

    def __init__(self, net: Any, given: Any = ()) -> None:
        self.given = {id(t) for t in tensors(given, KINDS)}
        self.foreign: dict[int, Any] = {}
        self.names = {id(layer): name for name, layer in layers(net)}
        self.owned = {id(p): name for name, p in parameters_of(net)}
        self.stack = [""]
        self.calls: list[Call] = []
        self.raw: Tally[str] = Tally()
        self.outputs: dict[str, list[int]] = {}
        self.saved: dict[int, tuple[str, int]] = {}
        self.eager = paddle.in_dynamic_mode()
        self.asked = False
        self.asking = self.inside = False
        self.left: list[str] = []
        self.active = True
        self.leaves = [p for _, p in parameters_of(net)]
        there = (p for p in self.leaves if isinstance(p, TENSOR) and p._is_initialized())
        self.memory = {p.data_ptr() for p in there}

    def wrap(self, name: str, function: Any) -> Any:
        """The function, its calls recorded."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            before, self.inside = self.inside, True
            if self.active and not before:
                self._notice(tensors([args, kwargs], TENSOR))
            try:
                out = function(*args, **kwargs)
            finally:
                self.inside = before
            here = self.active and paddle.in_dynamic_mode() is self.eager
            if here and not before and out is not NotImplemented:
                values = arranged(plain(name), args, kwargs)
                self.raw[name] += 1
                self.calls.append(Call(self.stack[-1], plain(name), values, out, node_at(out)))
                if plain(name) in FREE and plain(name) != "embedding":
                    self._inherit(values, out)
            return out

        return wrapped

    def _notice(self, operands: list[Any]) -> None:
        """A trainable tensor that is no input is a parameter, registered or not."""
        for one in operands:
            known = id(one) in self.owned or id(one) in self.given
            there = not known and one._is_initialized()
            if there and one.is_leaf and not one.stop_gradient:
                self.owned[id(one)] = ""
                self.foreign[id(one)] = one
                self.memory.add(one.data_ptr())

    def _inherit(self, values: list[Any], out: Any) -> None:
        """A transposed or reshaped parameter is still a parameter."""
        first = next((v for v in values if isinstance(v, KINDS)), None)
        if first is not None and id(first) in self.owned:
            for one in tensors(out, KINDS):
                self.owned[id(one)] = self.owned[id(first)]

    def ask(self, name: str, function: Any) -> Any:
        """The function, remembering that a value was read, or that an array left for NumPy."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            before, self.asking = self.asking, True
            self.asked |= self.active
            if self.active and not before and name in LEAVES:
                self.left.append(self.stack[-1])
            try:
                return function(*args, **kwargs)
            finally:
                self.asking = before

        return wrapped

    def layer_call(self, function: Any) -> Any:
        """`Layer.__call__`, remembering which layer runs and what it returns."""

        def wrapped(layer: Any, *args: Any, **kwargs: Any) -> Any:
            path = self.names.get(id(layer), self.stack[-1])
            self.stack.append(path)
            try:
                out = function(layer, *args, **kwargs)
            finally:
                self.stack.pop()
            found = tensors(out, KINDS)
            if found and id(layer) in self.names:
                self.outputs[path] = list(found[0].shape)
            return out

        return wrapped

    def keep(self, tensor: Any) -> Any:
        """A tensor that is saved for backward: its bytes count once, parameters do not."""
        key = tensor.data_ptr()
        if self.active and id(tensor) not in self.owned and key not in self.memory:
            entry = (self.stack[-1], size(tensor) * tensor.element_size())
            self.saved.setdefault(key, entry)
        return tensor


def node_at(out: Any) -> Any:
    """The node that an operation left in the graph, if any."""
    outs = [o for o in tensors(out, TENSOR) if not o.stop_gradient]
    return outs[0].grad_fn if outs else None


def arranged(name: str, args: Any, kwargs: dict[str, Any]) -> list[Any]:
    """All arguments in their order."""
    if name == "einsum" and args and isinstance(args[0], list | tuple):
        return [*args[0], *args[1:], *kwargs.values()]
    if name != "matmul" or not kwargs:
        return [*args, *kwargs.values()]
    known = [("x", "input"), ("y", "other", "mat2"), ("transpose_x",), ("transpose_y",)]
    rest = [next((kwargs[n] for n in names if n in kwargs), None) for names in known[len(args) :]]
    return [*args, *rest]


def operands_of(call: Call) -> list[Any]:
    flat = [v for value in call.values for v in (value if isinstance(value, list) else [value])]
    return [v for v in flat if isinstance(v, KINDS)]


def copies(originals: dict[int, str]) -> Iterator[tuple[Any, str, str]]:
    """Other modules that hold one of the functions under a name of their own, and methods."""
    homes = [
        module
        for path, module in list(sys.modules.items())
        if "libpaddle" not in path and path not in ("paddle._C_ops", "paddle._pir_ops")
    ]
    for home in [*homes, *KINDS]:
        for name, value in list(getattr(home, "__dict__", {}).items()):
            if id(value) in originals:
                yield home, name, originals[id(value)]


@contextmanager
def watched(recorder: Recorder) -> Iterator[None]:
    """Wrap while the block runs, then put everything back."""
    places: list[tuple[Any, str, Any]] = []
    ops = [n for n in dir(_C_ops) if not n.startswith("_") and callable(getattr(_C_ops, n))]
    changes = [(_C_ops, n, recorder.wrap(n, getattr(_C_ops, n))) for n in ops]
    made = {n: new for _, n, new in changes}
    here = copies({id(getattr(_C_ops, n)): n for n in ops})
    changes += [(module, n, made[known]) for module, n, known in here]
    changes += [(k, n, recorder.wrap(n, getattr(k, n))) for n in DUNDERS for k in KINDS]
    changes += [
        (TENSOR, n, recorder.ask(n, getattr(TENSOR, n))) for n in ASKS if hasattr(TENSOR, n)
    ]
    layer = paddle.nn.Layer
    changes.append((layer, "__call__", recorder.layer_call(layer.__call__)))
    try:
        for owner, name, new in changes:
            places.append((owner, name, getattr(owner, name)))
            setattr(owner, name, new)
        yield
    finally:
        for owner, name, original in reversed(places):
            setattr(owner, name, original)
