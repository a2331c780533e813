"""The array functions of a training step, row by row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from backprove.cost.machine.calls import COPY, FRESH, Call, Calls, Recorded, calls_of
from backprove.cost.timing.problem import Problem
from backprove.cost.timing.watch import watched
from backprove.optim._apply import BLOCK
from backprove.train.step import Program, gradients, initial_state, tree_map

REST = ("", "")
"""The key of what belongs to no operator."""
Trace = dict[tuple[str, str], Calls]


def trace(problem: Problem) -> Trace:
    """The calls by row and pass ("forward", "backward"; a loss is the row "loss").

    One step's gradients are computed with NumPy on arrays that note what is done with them.
    """
    found: Trace = defaultdict(Calls)

    def watch(row: str, pass_: str, run: Callable[..., Any], given: Any) -> Any:
        result, calls = calls_of(lambda: run(*given))
        found[row, pass_] += calls
        return result

    program = problem.program
    net, loss = watched(program.net, watch), watched(program.loss, watch, "loss")
    state = tree_map(Recorded.of, initial_state(program, 0))
    x, target = map(Recorded.of, problem.batch())
    run = Program(net, loss, program.optimizer)
    _, found[REST] = calls_of(lambda: gradients(run, state, x, target))
    return dict(found)


def trace_of_update(optimizer: Any, size: int) -> list[tuple[Call, float]]:
    """The calls of updating `size` parameters, and how often: in blocks that fit into the cache."""
    block = min(size, BLOCK // 4)
    arrays = [Recorded.of(problem_block(block)) for _ in range(2 + len(optimizer.slots))]
    scalars = optimizer.scalars(0, 1e-3)
    _, calls = calls_of(lambda: optimizer.rule(*arrays, **scalars))
    arrays_read = Call(COPY, "", "float32", (4 * size * len(arrays),))
    written = Call(FRESH, "", "uint8", (4 * size,))
    whole = [(arrays_read, 1.0), (written, 1.0 + len(optimizer.slots))]
    return [*whole, *((call, times * size / block) for call, times in calls.items())]


def problem_block(size: int) -> Any:
    """Positive numbers in place of weights, gradients and optimizer state."""
    import numpy as np

    return np.ones(size, np.float32)
