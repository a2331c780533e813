"""`time_step`: predicted and measured times, an operator a row and for the whole step."""

from __future__ import annotations

from importlib import import_module
from math import prod
from typing import Any

from backprove.cost.machine import store
from backprove.cost.machine.clock import cores
from backprove.cost.machine.rates import Rates, roofline
from backprove.cost.table import CostResult
from backprove.cost.times import StepTime
from backprove.cost.timing.models import MODELS
from backprove.cost.timing.predict import predict
from backprove.cost.timing.problem import Problem, fits
from backprove.cost.timing.trace import trace
from backprove.errors import unknown


def time_step(result: CostResult, problem: Problem, engine: str, cache: bool = True) -> None:
    """Fill in `times` of all rows and `step` of the result.

    The rates of the machine that the cache folder has are used, the others are timed; without
    `cache` all are timed. Raises UsageError for an unknown engine or a step that is too large.
    """
    if engine not in MODELS:
        raise unknown("engine", engine, MODELS)
    fits(result.totals["memory"]["peak"])
    known = store.load(engine) if cache else {}
    rates = Rates(_part("machine", engine).prepare, dict(known), exact=_lengths(result))
    optimizer, model = problem.program.optimizer, MODELS[engine]
    batch = 4 * prod(problem.shape)
    rest = predict(result.rows, trace(problem), batch, optimizer, rates, model)
    machine = roofline(rates)
    store.save(engine, rates)
    step, rows = _part("timing", f"{engine}_step").measure(problem)
    for row in result.rows:
        for pass_ in row.times.keys() & {p for name, p in rows if name == row.name}:
            found = rows[row.name, pass_]
            row.times[pass_].measured, row.times[pass_].spread = found.best, found.spread
    result.step = StepTime(
        engine=engine,
        cores=cores(),
        predicted=rest + sum(t.predicted for row in result.rows for t in row.times.values()),
        rest=rest,
        measured=step.best,
        spread=step.spread,
        machine=machine,
        cached=len(known),
        timed=len(rates.timed) - len(known),
    )


def _part(package: str, name: str) -> Any:
    """A module of one engine, imported when it is needed: JAX takes a second."""
    return import_module(f"backprove.cost.{package}.{name}")


def _lengths(result: CostResult) -> frozenset[int]:
    """The rows of the matrix products, which are timed at their own length."""
    shapes = [row.output_shape for row in result.rows if row.output_shape]
    return frozenset(prod(shape[:-1]) for shape in shapes if len(shape) > 1)
