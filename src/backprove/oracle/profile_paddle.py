"""What Paddle's own profiler saw, held against what was watched: nothing may be missing.

The profiler records every operation by itself. One that it saw and the wrappers did not is listed
as unknown, and so is a gradient that belongs to no operation that was seen.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from paddle import _C_ops
from paddle.profiler import Profiler, ProfilerTarget
from paddle.profiler import utils as profiling

from backprove.oracle.formulas_paddle import DUNDERS, FREE, plain
from backprove.oracle.networks import Ledger
from backprove.oracle.recording_paddle import Call

MARKS = (" pybind_imperative_func", " pybind_patch_func")

"""How the profiler calls an operation that was asked for from Python."""


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


def unseen(ledger: Ledger, raw: Tally[str], ran: list[str]) -> None:
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


def unseen_gradients(
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
