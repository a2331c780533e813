"""Counting a Paddle network from shapes alone: nothing is allocated, so it may be of any size.

The network builds a static program instead of running. The operations that it asks for are the
same, and are watched in the same way; the program of the gradients tells which values they keep.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import paddle

from backprove.oracle.count_paddle import dtype_of, summary, uncompiled
from backprove.oracle.formulas_paddle import FREE, plain, size
from backprove.oracle.gradients_paddle import joins, record
from backprove.oracle.networks import Ledger, load, tensors
from backprove.oracle.recording_paddle import KINDS, Call, Recorder, operands_of, watched
from backprove.oracle.refused import Refused, words
from backprove.oracle.tools.paddle_flops import printed

SHAPES_ONLY = set(
    "full_like add_grad subtract_grad sum_grad mean_grad cast_grad reshape_grad squeeze_grad "
    "unsqueeze_grad flatten_grad concat_grad slice_grad expand_grad stack_grad split_grad "
    "pad_grad pad3d_grad gather_grad scatter_grad tile_grad index_select_grad".split()
)
"""Operations of gradients that name values of the forward pass and keep nothing of them."""

VIEWS = ("reshape", "flatten", "squeeze", "unsqueeze", "view_shape", "assign")


def count_abstract(
    place: str,
    inputs: list[dict[str, Any]],
    keywords: dict[str, dict[str, Any]],
    arguments: dict[str, str] | None,
    tool: str = "",
) -> dict[str, Any]:
    """Load and count "FILE.py::Net" on inputs of these shapes; there is no peak."""
    for one in [*inputs, *keywords.values()]:
        dtype_of(one["dtype"])
    with _program() as program, uncompiled():
        net = load(place, paddle.nn.Layer, arguments)
        values = [paddle.static.data(f"input{i}", **one) for i, one in enumerate(inputs)]
        named = {k: paddle.static.data(k, **one) for k, one in keywords.items()}
        recorder = Recorder(net, [values, named])
        before = len(program.global_block().ops)
        with watched(recorder):
            try:
                out = net(*values, **named)
            except Refused:
                raise
            except (Exception, SystemExit) as error:
                raise Refused("run", words(error)) from error
        found = _count(net, recorder, out, program, [values, named], before)
        return found | ({"printed": printed(net, values, named)} if tool else {})


@contextmanager
def _program() -> Iterator[Any]:
    """A new static program, where all parameters are lazy; the mode is as before afterwards."""
    eager, lazy = paddle.in_dynamic_mode(), paddle.LazyGuard
    paddle.enable_static()
    paddle.LazyGuard = nullcontext
    program = paddle.static.Program()
    try:
        with paddle.static.program_guard(program, paddle.static.Program()):
            yield program
    finally:
        paddle.LazyGuard = lazy
        if eager:
            paddle.disable_static()


def _count(
    net: Any, recorder: Recorder, out: Any, program: Any, given: list[Any], before: int
) -> dict[str, Any]:
    recorder.active = False
    ends = [y for y in tensors(out, KINDS) if not y.stop_gradient]
    results = ((v, call) for call in recorder.calls for v in tensors(call.out, KINDS))
    made = {v.id: call for v, call in results if v.initialized()}
    behind = _behind(ends, made)
    trained = list({p.id: p for p in recorder.leaves if not p.stop_gradient}.values())

    def wanted(call: Call) -> bool:
        return id(call) in behind and bool(trained)

    ledger = Ledger()
    for call in recorder.calls:
        record(ledger, recorder, call, wanted)
    _unseen(ledger, recorder, program.global_block().ops[before:])
    joins(ledger, recorder, wanted)
    if ends and trained:
        _keep(recorder, made, program, ends, trained)
    return summary(net, recorder, ledger, given) | {"backward": bool(ends and trained)}


def _unseen(ledger: Ledger, recorder: Recorder, built: list[Any]) -> None:
    """Operations that the network built and were not watched; numbers make add to scale."""
    known: Tally[str] = Tally()
    for name, times in recorder.raw.items():
        known[plain(name)] += times
    known["scale"] += sum(known[name] for name in ("add", "sub", "mul", "div"))
    names = (op.name() for op in built)
    found = Tally(plain(n.removeprefix("pd_op.")) for n in names if n.startswith("pd_op."))
    for name, times in found.items():
        if times > known[name] and name not in FREE:
            ledger.record("", name, {"forward": None}, 0)


def _behind(ends: list[Any], made: dict[Any, Call]) -> set[int]:
    """The calls through which a gradient goes back from the outputs."""
    found: set[int] = set()
    stack = list(ends)
    while stack:
        value = stack.pop()
        call = made.get(value.id) if value.initialized() else None
        if call is not None and id(call) not in found:
            found.add(id(call))
            stack.extend(v for v in operands_of(call) if not v.stop_gradient)
    return found


def _base(value: Any, made: dict[Any, Call]) -> Any:
    """What a value is a view of; itself for others."""
    call = made.get(value.id) if value.initialized() else None
    while call is not None and call.name in VIEWS:
        value = operands_of(call)[0]
        call = made.get(value.id)
    return value


def _keep(
    recorder: Recorder, made: dict[Any, Call], program: Any, ends: list[Any], trained: list[Any]
) -> None:
    """What the operations of the gradients read of the forward pass, parameters apart."""
    before = len(program.global_block().ops)
    paddle.static.gradients(ends, trained)
    own = {p.id for p in recorder.leaves}
    results = (v for op in program.global_block().ops[:before] for v in op.results())
    forward = {v.id for v in results if v.initialized()}
    uses = ((v, call) for call in reversed(recorder.calls) for v in operands_of(call))
    used = {v.id: call.path for v, call in uses if v.initialized()}
    for op in program.global_block().ops[before:]:
        shapes_only = op.name().removeprefix("pd_op.") in SHAPES_ONLY
        for value in [] if shapes_only else op.operands_source():
            value = _base(value, made)
            if value.initialized() and value.id in forward - own:
                path = made[value.id].path if value.id in made else used.get(value.id, "")
                recorder.saved.setdefault(value.id, (path, size(value) * value.element_size()))
