"""Counting a Paddle network from the operations that it executes. Runs in Paddle's process.

`recording_paddle` watches the run, `profile_paddle` proves that nothing was missed. The graph that
forward leaves tells which gradients there are to compute, and the profiler whether they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import paddle
from paddle.jit.dy2static.program_translator import ProgramTranslator

from backprove.oracle.formulas_paddle import size
from backprove.oracle.gradients_paddle import joins, record
from backprove.oracle.layers_paddle import layers, parameters_of, statistics
from backprove.oracle.memory_paddle import peak_of
from backprove.oracle.networks import Ledger, load, tensors
from backprove.oracle.profile_paddle import profiled, unseen, unseen_gradients
from backprove.oracle.recording_paddle import KINDS, TENSOR, Call, Recorder, operands_of, watched
from backprove.oracle.refused import Refused, words
from backprove.oracle.tools.paddle_flops import printed

HOOKS_FAIL = "memory's size is 0"
"""What Paddle says where its hooks on kept values meet a gradient that is taken within forward."""


def count(
    place: str,
    inputs: list[dict[str, Any]],
    keywords: dict[str, dict[str, Any]],
    arguments: dict[str, str] | None = None,
    tool: str = "",
) -> dict[str, Any]:
    """Load "FILE.py::Net" and count it on inputs of these shapes and dtypes.

    With the tool paddle, what paddle.flops prints is told as well.
    """
    net = load(place, paddle.nn.Layer, arguments)
    given = {k: draw(**v) for k, v in keywords.items()}
    return count_network(net, [draw(**i) for i in inputs], given, tool)


def draw(shape: list[int], dtype: str) -> Any:
    """An input: zeros if whole numbers, else normal numbers of a generator of its own."""
    dtype_of(dtype)
    floating = dtype in ("float16", "bfloat16", "float32", "float64")
    value = np.random.default_rng(0).standard_normal(shape) if floating else np.zeros(shape)
    return paddle.to_tensor(np.asarray(value, dtype=np.float32)).astype(dtype)


def dtype_of(name: str) -> Any:
    """Paddle's dtype of a name. Raises Refused for another."""
    found = getattr(paddle, name, None)
    if not isinstance(found, paddle.dtype):
        raise Refused("dtype", name)
    return found


def count_network(
    net: Any, inputs: list[Any], keywords: dict[str, Any] | None = None, tool: str = ""
) -> dict[str, Any]:
    """Count forward and backward; buffers and random state are as before when it returns."""
    state = paddle.get_rng_state()
    own = [p for _, layer in layers(net) for p in layer._parameters.values() if p is not None]
    kept = [*net.buffers(), *(p for p in own if p.stop_gradient)]
    before = [(b, b.clone()) for b in kept if is_there(b)]
    try:
        with paddle.enable_grad(), uncompiled():
            found = _counted(net, inputs, keywords or {})
            if tool:
                found["printed"] = printed(net, inputs, keywords or {})
            return found | {"peak": peak_of(lambda: _once_more(net, inputs, keywords or {}))}
    finally:
        with paddle.no_grad():
            for buffer, value in before:
                paddle.assign(value, output=buffer)
        paddle.set_rng_state(state)


@contextmanager
def uncompiled() -> Iterator[None]:
    """Functions under `paddle.jit.to_static` run as they are written: a program tells nothing."""
    switch = ProgramTranslator()
    before = switch.enable_to_static
    paddle.jit.enable_to_static(False)
    try:
        yield
    finally:
        paddle.jit.enable_to_static(before)


def _counted(net: Any, inputs: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    ran: list[str] = []
    back: list[str] = []
    recorder = Recorder(net, [inputs, keywords])
    hooks = paddle.autograd.saved_tensors_hooks(recorder.keep, lambda t: t)
    with watched(recorder), profiled(ran), hooks:
        try:
            out = net(*inputs, **keywords)
        except Refused:
            raise
        except (Exception, SystemExit) as error:
            watching = HOOKS_FAIL in str(error) and all(map(is_there, recorder.leaves))
            raise Refused("watched" if watching else "run", words(error)) from error
        recorder.active = False
    ends = [y for y in tensors(out, KINDS) if not y.stop_gradient]
    own = {id(p): p for p in recorder.leaves if not p.stop_gradient}
    trained = list((own | recorder.foreign).values())
    ledger = Ledger()
    graph = reached(ends)

    def wanted(call: Call) -> bool:
        return call.node is not None and call.node.node_ptr() in graph

    for call in recorder.calls:
        record(ledger, recorder, call, wanted)
    for path in recorder.left:
        ledger.record(path, "Tensor.numpy", {"forward": None}, 0)
    unseen(ledger, recorder.raw, ran)
    if ends and trained:
        with profiled(back):
            try:
                paddle.grad(ends, trained, allow_unused=True)
            except Exception as error:
                raise Refused("backward", words(error)) from error
        unseen_gradients(ledger, recorder.calls, graph, back)
        joins(ledger, recorder, wanted)
    found = summary(net, recorder, ledger, [inputs, keywords])
    return found | {"backward": bool(ends and trained)}


def is_there(buffer: Any) -> bool:
    """Whether a buffer is known by now; a value of a program is."""
    return not isinstance(buffer, TENSOR) or buffer._is_initialized()


def summary(net: Any, recorder: Recorder, ledger: Ledger, given: Any) -> dict[str, Any]:
    """The answer of a count, but for its peak."""
    return {
        "operations": ledger.operations(),
        "classes": {name: type(layer).__name__ for name, layer in layers(net)},
        "outputs": recorder.outputs,
        "parameters": _parameters(net, recorder),
        "buffers": sum(size(b) for b in net.buffers() if is_there(b)) + statistics(net),
        "saved": [list(one) for one in recorder.saved.values()],
        "asked": recorder.asked,
        "foreign": [len(recorder.foreign), sum(map(size, recorder.foreign.values()))],
        "given": sum(size(t) * t.element_size() for t in tensors(given, KINDS)),
        "version": str(paddle.__version__),
    }


def _once_more(net: Any, inputs: list[Any], keywords: dict[str, Any]) -> Any:
    """Forward and backward with nobody watching."""
    ends = [y for y in tensors(net(*inputs, **keywords), KINDS) if not y.stop_gradient]
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


def _parameters(net: Any, recorder: Recorder) -> list[dict[str, Any]]:
    used = {id(v) for call in recorder.calls for v in operands_of(call)}
    owners: dict[int, str] = {}
    return [
        {
            "name": name,
            "shape": [int(n) for n in p.shape],
            "size": size(p),
            "bytes": size(p) * p.element_size(),
            "trainable": not p.stop_gradient,
            "used": id(p) in used,
            "owner": owners.setdefault(id(p), name),
        }
        for name, p in parameters_of(net)
    ]
