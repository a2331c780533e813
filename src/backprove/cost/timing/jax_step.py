"""Measured times of the compiled engine: of whole steps, and of every operator by itself.

The compiler fuses operators with each other, so within a step there is no time of one of them. Each
is compiled alone, forward and backward, and run many times in one compiled loop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from backprove.cost.machine.clock import Sample, Timed, sample
from backprove.cost.machine.jax import looped
from backprove.cost.timing.numpy_step import STEP_SECONDS, WHOLE, Found
from backprove.cost.timing.problem import Problem
from backprove.cost.timing.told import Told, silent
from backprove.cost.timing.view import PASSES
from backprove.cost.timing.watch import WatchedOptimizer, watched
from backprove.messages import render
from backprove.train.engine.jax import JaxEngine
from backprove.train.step import Program, initial_state, train_step

STEPS = 8
"""The steps of one call of the engine."""


def measure(problem: Problem, told: Told = silent) -> tuple[Sample, Found]:
    """A whole step, and each row and pass."""
    told(render(WHOLE), 0, 1)
    return _step(problem), _rows(problem, told)


def _step(problem: Problem) -> Sample:
    size = problem.batch_size
    engine = JaxEngine(problem.program)
    order = engine.put(np.tile(np.arange(size), STEPS))
    data = tuple(engine.put(x) for x in problem.batch())
    state = [engine.put(initial_state(problem.program, 0))]

    def run() -> None:
        state[0] = engine.run(state[0], data, order, 0, STEPS, size).state

    return sample(Timed(run, STEPS), STEP_SECONDS)


def _rows(problem: Problem, told: Told) -> Found:
    """Each call of an operator in a step, as NumPy runs it, is compiled and timed by itself."""
    asked, found = _asked(problem), Found()
    known: dict[str, Sample] = {}
    for i, ((row, pass_), call) in enumerate(asked.items()):
        told(render("timing {row}, {pass_}", row=row, pass_=render(PASSES[pass_])), i, len(asked))
        found[row, pass_] = _alone(*call, known)
    return found


def _asked(problem: Problem) -> dict[tuple[str, str], tuple[Callable[..., Any], Any]]:
    """The calls of a step by row and pass; where branches join there is none without them."""
    asked: dict[tuple[str, str], tuple[Callable[..., Any], Any]] = {}
    within: list[tuple[str, str]] = []

    def watch(row: str, pass_: str, run: Callable[..., Any], given: Any) -> Any:
        if within:
            asked.pop(within[-1], None)
        asked[row, pass_] = run, given
        within.append((row, pass_))
        try:
            return run(*given)
        finally:
            within.pop()

    program = problem.program
    optimizer = WatchedOptimizer(program.optimizer, watch)
    run = Program(watched(program.net, watch), watched(program.loss, watch, "loss"), optimizer)
    with np.errstate(all="ignore"):
        train_step(run, initial_state(program, 0), *problem.batch())
    return asked


def _alone(run: Callable[..., Any], given: Any, known: dict[str, Sample]) -> Sample:
    """The time of a function of arrays and of settings, which are compiled in.

    Arrays that it hands through are not among the results: nothing is copied. What compiles to the
    same program is timed once.
    """
    leaves, tree = jax.tree.flatten(given)
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, jax.Array | np.ndarray)]

    def function(*arrays: Any) -> Any:
        filled = list(leaves)
        for place, array in zip(places, arrays, strict=True):
            filled[place] = array
        results = jax.tree.leaves(run(*jax.tree.unflatten(tree, filled)))
        passed = {id(array) for array in arrays}
        return [x for x in results if isinstance(x, jax.Array) and id(x) not in passed]

    arrays = tuple(jax.numpy.asarray(leaves[i]) for i in places)
    program = str(jax.make_jaxpr(function)(*arrays))
    if program not in known:
        known[program] = sample(looped(function, arrays, sum(x.size for x in arrays)))
    return known[program]
