"""Measured times of the NumPy engine: of whole steps, and of every operator within them."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.cost.machine.clock import Sample, Timed, clock, sample
from backprove.cost.timing.problem import Problem
from backprove.cost.timing.told import Told, silent
from backprove.cost.timing.watch import WatchedOptimizer, watched
from backprove.messages import render
from backprove.train.engine.numpy import NumPyEngine
from backprove.train.step import Program, initial_state, train_step

STEP_SECONDS = 1.0
REPEATS = 9
WHOLE = "timing whole steps"

Found = dict[tuple[str, str], Sample]


def measure(problem: Problem, told: Told = silent) -> tuple[Sample, Found]:
    """A whole step, and each row and pass."""
    told(render(WHOLE), 0, 1)
    return _step(problem), _rows(problem)


def _step(problem: Problem) -> Sample:
    size = problem.batch_size
    engine, order = NumPyEngine(problem.program), np.arange(size)
    data = problem.batch()
    state = [initial_state(problem.program, 0)]

    def run() -> None:
        state[0] = engine.run(state[0], data, order, 0, 1, size).state

    return sample(Timed(run), STEP_SECONDS)


def _rows(problem: Problem) -> Found:
    """The time of each row without that of the rows within it."""
    times: dict[tuple[str, str], list[float]] = defaultdict(list)
    within, now = [0.0], clock()

    def watch(row: str, pass_: str, run: Callable[..., Any], given: Any) -> Any:
        within.append(0.0)
        began = now()
        result = run(*given)
        took = now() - began
        times[row, pass_].append(took - within.pop())
        within[-1] += took
        return result

    program = problem.program
    optimizer = WatchedOptimizer(program.optimizer, watch)
    run = Program(watched(program.net, watch), watched(program.loss, watch, "loss"), optimizer)
    state, batch = initial_state(program, 0), problem.batch()
    with np.errstate(all="ignore"):
        for _ in range(REPEATS):
            state, _ = train_step(run, state, *batch)
    return {k: Sample(min(found), statistics.median(found)) for k, found in times.items()}
