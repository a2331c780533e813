"""Counting a Paddle network from the operations that it executes. Runs in Paddle's process.

Paddle has no dispatch mode. While the network runs, the functions through which Python reaches its
operations are wrapped: those of `paddle._C_ops`, and the arithmetic operators of tensors, which go
past them. Paddle's own profiler records every operation independently; one that it saw and the
wrappers did not is listed as unknown. The graph that forward leaves tells which gradients there are
to compute, and the profiler whether they were.
"""

from __future__ import annotations

import sys
from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import paddle
from paddle import _C_ops
from paddle.profiler import Profiler, ProfilerTarget
from paddle.profiler import utils as profiling

from backprove.oracle import formulas as f
from backprove.oracle.formulas_paddle import DUNDERS, FREE, backward, forward, plain, size
from backprove.oracle.memory_paddle import peak_of
from backprove.oracle.networks import Ledger, Refused, answer, load, tensors, words

TENSOR = paddle.Tensor
MARKS = (" pybind_imperative_func", " pybind_patch_func")
"""How the profiler calls an operation that was asked for from Python."""
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
    """What a network executes, under the paths of its layers."""

    def __init__(self, net: Any) -> None:
        self.names = {id(layer): name for name, layer in _layers(net)}
        self.owned = {id(p): name for name, p in parameters_of(net)}
        self.stack = [""]
        self.calls: list[Call] = []
        self.raw: Tally[str] = Tally()
        self.outputs: dict[str, list[int]] = {}
        self.saved: dict[int, tuple[str, int]] = {}
        self.asked = False
        self.asking = False
        self.left: list[str] = []
        self.active = True
        self.leaves = [p for _, p in parameters_of(net)]
        self.memory = {p.data_ptr() for p in self.leaves}

    def wrap(self, name: str, function: Any) -> Any:
        """The function, its calls recorded."""

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            out = function(*args, **kwargs)
            if self.active and out is not NotImplemented:
                values = arranged(plain(name), args, kwargs)
                self.raw[name] += 1
                self.calls.append(Call(self.stack[-1], plain(name), values, out, node_at(out)))
                if plain(name) in FREE and plain(name) != "embedding":
                    self._inherit(values, out)
            return out

        return wrapped

    def _inherit(self, values: list[Any], out: Any) -> None:
        """A transposed or reshaped parameter is still a parameter."""
        first = next((v for v in values if isinstance(v, TENSOR)), None)
        if first is not None and id(first) in self.owned:
            for one in tensors(out, TENSOR):
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
            found = tensors(out, TENSOR)
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


def arranged(name: str, args: Any, kwargs: dict[str, Any]) -> list[Any]:
    """All arguments in their order."""
    if name == "einsum" and args and isinstance(args[0], list | tuple):
        return [*args[0], *args[1:], *kwargs.values()]
    if name != "matmul" or not kwargs:
        return [*args, *kwargs.values()]
    known = [("x", "input"), ("y", "other", "mat2"), ("transpose_x",), ("transpose_y",)]
    rest = [next((kwargs[n] for n in names if n in kwargs), None) for names in known[len(args) :]]
    return [*args, *rest]


def copies(originals: dict[int, str]) -> Iterator[tuple[Any, str, str]]:
    """Other modules that hold one of the functions under a name of their own."""
    for path, module in list(sys.modules.items()):
        if "libpaddle" in path or path in ("paddle._C_ops", "paddle._pir_ops"):
            continue
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if id(value) in originals:
                yield module, name, originals[id(value)]


@contextmanager
def watched(recorder: Recorder) -> Iterator[None]:
    """Wrap while the block runs, then put everything back."""
    places: list[tuple[Any, str, Any]] = []
    ops = [n for n in dir(_C_ops) if not n.startswith("_") and callable(getattr(_C_ops, n))]
    changes = [(_C_ops, n, recorder.wrap(n, getattr(_C_ops, n))) for n in ops]
    made = {n: new for _, n, new in changes}
    here = copies({id(getattr(_C_ops, n)): n for n in ops})
    changes += [(module, n, made[known]) for module, n, known in here]
    changes += [(TENSOR, n, recorder.wrap(n, getattr(TENSOR, n))) for n in DUNDERS]
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


@contextmanager
def profiled(found: list[str]) -> Iterator[None]:
    """Paddle's profiler around the block; the names of its events are put into `found`."""
    used = profiling._is_profiler_used
    profiler = Profiler(
        targets=[ProfilerTarget.CPU],
        on_trace_ready=lambda p: found.extend(events(p.profiler_result.get_data())),
    )
    profiler.start()
    try:
        yield
    finally:
        profiler.stop()
        profiling._is_profiler_used = used


def events(trees: dict[int, Any]) -> Iterator[str]:
    """The names of all events, of calls from Python the outermost.

    They are read while the profiler lives: the trees go when it does.
    """
    stack = [(tree, False) for tree in trees.values()]
    while stack:
        node, inside = stack.pop()
        called = node.name.endswith(MARKS)
        if not (called and inside):
            yield node.name
        stack.extend((child, inside or called) for child in node.children_node)


def count(
    place: str,
    inputs: list[dict[str, Any]],
    keywords: dict[str, dict[str, Any]],
    arguments: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Load "FILE.py::Net" and count it on inputs of these shapes and dtypes."""

    def run() -> dict[str, Any]:
        net = load(place, paddle.nn.Layer, arguments)
        given = {k: draw(**v) for k, v in keywords.items()}
        return count_network(net, [draw(**i) for i in inputs], given)

    return answer(run)


def draw(shape: list[int], dtype: str) -> Any:
    """An input: zeros if whole numbers, else normal numbers of a generator of its own."""
    if not isinstance(getattr(paddle, dtype, None), paddle.dtype):
        raise Refused("dtype", dtype)
    floating = dtype in ("float16", "bfloat16", "float32", "float64")
    value = np.random.default_rng(0).standard_normal(shape) if floating else np.zeros(shape)
    return paddle.to_tensor(np.asarray(value, dtype=np.float32)).astype(dtype)


def count_network(
    net: Any, inputs: list[Any], keywords: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Count forward and backward; buffers and random state are as before when it returns."""
    state = paddle.get_rng_state()
    own = [p for _, layer in _layers(net) for p in layer._parameters.values() if p is not None]
    kept = [*net.buffers(), *(p for p in own if p.stop_gradient)]
    before = [(b, b.clone()) for b in kept if b._is_initialized()]
    try:
        with paddle.enable_grad():
            found = _counted(net, inputs, keywords or {})
            return found | {"peak": peak_of(lambda: _once_more(net, inputs, keywords or {}))}
    finally:
        with paddle.no_grad():
            for buffer, value in before:
                paddle.assign(value, output=buffer)
        paddle.set_rng_state(state)


def _counted(net: Any, inputs: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    ran: list[str] = []
    back: list[str] = []
    recorder = Recorder(net)
    hooks = paddle.autograd.saved_tensors_hooks(recorder.keep, lambda t: t)
    with watched(recorder), profiled(ran), hooks:
        try:
            out = net(*inputs, **keywords)
        except (Exception, SystemExit) as error:
            raise Refused("run", words(error)) from error
        recorder.active = False
    ends = [y for y in tensors(out, TENSOR) if not y.stop_gradient]
    trained = list({id(p): p for p in recorder.leaves if not p.stop_gradient}.values())
    ledger = Ledger()
    graph = reached(ends)
    for call in recorder.calls:
        _record(ledger, recorder, call, graph)
    for path in recorder.left:
        ledger.record(path, "Tensor.numpy", {"forward": None}, 0)
    _unseen(ledger, recorder.raw, ran)
    if ends and trained:
        with profiled(back):
            try:
                paddle.grad(ends, trained, allow_unused=True)
            except Exception as error:
                raise Refused("backward", words(error)) from error
        _unseen_gradients(ledger, recorder.calls, graph, back)
        _joins(ledger, recorder, graph)
    return {
        "operations": ledger.operations(),
        "classes": {name: type(layer).__name__ for name, layer in _layers(net)},
        "outputs": recorder.outputs,
        "parameters": _parameters(net, recorder),
        "buffers": sum(size(b) for b in net.buffers() if b._is_initialized()) + _statistics(net),
        "saved": [list(one) for one in recorder.saved.values()],
        "asked": recorder.asked,
        "given": sum(size(t) * t.element_size() for t in tensors([inputs, keywords], TENSOR)),
        "version": str(paddle.__version__),
    }


def _once_more(net: Any, inputs: list[Any], keywords: dict[str, Any]) -> Any:
    """Forward and backward with nobody watching."""
    ends = [y for y in tensors(net(*inputs, **keywords), TENSOR) if not y.stop_gradient]
    trained = [p for p in net.parameters() if not p.stop_gradient]
    if not (ends and trained):
        return ends
    try:
        return ends, paddle.grad(ends, trained, allow_unused=True)
    except Exception as error:
        raise Refused("backward", words(error)) from error


def reached(ends: list[Any]) -> dict[int, str]:
    """The nodes of the graph behind the outputs: name by address."""
    found: dict[int, str] = {}
    stack = [y.grad_fn for y in ends if y.grad_fn is not None]
    while stack:
        node = stack.pop()
        if node.node_ptr() not in found:
            found[node.node_ptr()] = node.name()
            stack.extend(n for n in node.next_functions if n is not None)
    return found


def node_at(out: Any) -> Any:
    """The node that an operation left in the graph, if any."""
    outs = [o for o in tensors(out, TENSOR) if not o.stop_gradient]
    return outs[0].grad_fn if outs else None


def needs(recorder: Recorder, call: Call) -> dict[int, str]:
    """The operands whose gradient is asked for, and what it is called."""
    return {
        i: "dweight" if id(v) in recorder.owned else "dx"
        for i, v in enumerate(call.values)
        if isinstance(v, TENSOR) and not v.stop_gradient
    }


def _record(ledger: Ledger, recorder: Recorder, call: Call, graph: dict[int, str]) -> None:
    first = next(iter(tensors(call.out, TENSOR)), None)
    if first is None:
        return
    name, operands = call.name, _operands(call)
    if name not in FREE or name == "embedding":
        amount = forward(name, call.values, first)
        ledger.record(call.path, name, {"forward": amount}, _moved(call, operands))
    node = call.node
    if node is None or node.node_ptr() not in graph:
        return
    found = backward(name, call.values, first, needs(recorder, call))
    if found is None:
        ledger.record(call.path, f"{name}_grad", {"dx": None}, 0)
    elif found:
        ledger.record(call.path, f"{name}_grad", found, _moved(call, operands))


def _operands(call: Call) -> list[Any]:
    flat = [v for value in call.values for v in (value if isinstance(value, list) else [value])]
    return [v for v in flat if isinstance(v, TENSOR)]


def _moved(call: Call, operands: list[Any]) -> int:
    results = tensors(call.out, TENSOR)
    both = [operands[0], *results, *results] if call.name == "embedding" else [*operands, *results]
    return sum(size(t) * t.element_size() for t in both)


def _unseen(ledger: Ledger, raw: Tally[str], ran: list[str]) -> None:
    """Operations that the profiler saw more often than the wrappers did."""
    seen: Tally[str] = Tally()
    for event in ran:
        mark = next((m for m in MARKS if event.endswith(m)), None)
        if mark is not None:
            name = event.removesuffix(mark).split(" or ")[0]
            seen[plain(name)] += name in DUNDERS or hasattr(_C_ops, name)
    known: Tally[str] = Tally()
    for name, times in raw.items():
        known[plain(name)] += times
    for name, times in seen.items():
        if times > known[name] and name not in FREE:
            ledger.record("", name, {"forward": None}, 0)


def _unseen_gradients(
    ledger: Ledger, calls: list[Call], graph: dict[int, str], back: list[str]
) -> None:
    """Gradients that were computed, or had to be, and belong to no operation that was seen."""
    known = set()
    for call in calls:
        node = call.node
        if node is not None:
            known.add(node.node_ptr())
            if call.name == "linear":
                known |= {n.node_ptr() for n in node.next_functions if n is not None}
    for address, name in graph.items():
        short = name.removesuffix("GradNode").lower()
        free = {n.replace("_", "") for n in FREE}
        if address not in known and name != "GradNodeAccumulation" and short not in free:
            ledger.record("", name, {"dx": None}, 0)
    executed = Tally(e.removeprefix("Global_") for e in back if e.startswith("Global_"))
    for name, times in Tally(graph.values()).items():
        if name != "GradNodeAccumulation" and executed[name] != times:
            ledger.record("", name, {"dx": None}, 0)


def _joins(ledger: Ledger, recorder: Recorder, graph: dict[int, str]) -> None:
    """Where an array is used several times, its gradients are added."""
    uses: dict[int, list[tuple[Call, Any]]] = {}
    for call in recorder.calls:
        node = call.node
        if node is None or node.node_ptr() not in graph:
            continue
        for operand in _operands(call):
            if not operand.stop_gradient:
                uses.setdefault(id(operand), []).append((call, operand))
    for key, found in uses.items():
        call, operand = found[0]
        vector = len(operand.shape) == 1
        passed = ("dbias" if vector else "dweight") if key in recorder.owned else "dx"
        adds = (len(found) - 1) * size(operand)
        if adds:
            text = f"{len(found) - 1} x {size(operand)}"
            amount = f.elementwise("add", adds)
            ledger.record(call.path, "add", {passed: f.Amount(amount.strict, adds, text)}, 0)


def _layers(net: Any) -> list[tuple[str, Any]]:
    """Every layer once, under its first path."""
    return list(net.named_sublayers(include_self=True))


def parameters_of(net: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every registered parameter under every path that leads to it."""
    for name, parameter in net._parameters.items():
        if parameter is not None and not _is_statistic(name, parameter):
            yield prefix + name, parameter
    for name, layer in net._sub_layers.items():
        if layer is not None:
            yield from parameters_of(layer, f"{prefix}{name}.")


def _is_statistic(name: str, parameter: Any) -> bool:
    """The running statistics of batch normalisation, which Paddle registers as parameters."""
    return name in ("_mean", "_variance") and parameter.stop_gradient


def _statistics(net: Any) -> int:
    return sum(
        size(p)
        for _, layer in _layers(net)
        for name, p in layer._parameters.items()
        if p is not None and _is_statistic(name, p)
    )


def _parameters(net: Any, recorder: Recorder) -> list[dict[str, Any]]:
    used = {id(v) for call in recorder.calls for v in _operands(call)}
    owners: dict[int, str] = {}
    return [
        {
            "name": name,
            "size": size(p),
            "bytes": size(p) * p.element_size(),
            "trainable": not p.stop_gradient,
            "used": id(p) in used,
            "owner": owners.setdefault(id(p), name),
        }
        for name, p in parameters_of(net)
    ]
