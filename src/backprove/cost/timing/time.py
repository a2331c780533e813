"""`time_step`: predicted and measured times, an operator a row and for the whole step."""

from __future__ import annotations

from importlib import import_module
from math import prod
from typing import Any

from backprove.cost.machine import store
from backprove.cost.machine.clock import QUIET, cores
from backprove.cost.machine.rates import Rates, roofline
from backprove.cost.table import CostResult
from backprove.cost.times import StepTime
from backprove.cost.timing.models import MODELS
from backprove.cost.timing.predict import predict
from backprove.cost.timing.problem import Problem, fits
from backprove.cost.timing.told import Told, silent
from backprove.cost.timing.trace import trace
from backprove.errors import unknown
from backprove.messages import render


def time_step(
    result: CostResult, problem: Problem, engine: str, cache: bool = True, told: Told = silent
) -> None:
    """Fill in `times` of all rows and `step` of the result.

    The rates of the machine that the cache folder has are used, the others are timed; without
    `cache` all are timed. `told` hears how far it is. Raises UsageError for an unknown engine or a
    step that is too large.
    """
    if engine not in MODELS:
        raise unknown("engine", engine, MODELS)
    fits(result.totals["memory"]["peak"])
    known = store.load(engine) if cache else store.NOTHING
    rates = Rates(_part("machine", engine).prepare, dict(known.timed))
    traced, batch = trace(problem), 4 * prod(problem.shape)

    def ask(rates: Rates) -> tuple[float, dict[str, float]]:
        optimizer, model = problem.program.optimizer, MODELS[engine]
        return predict(result.rows, traced, batch, optimizer, rates, model), roofline(rates)

    _time_missing(rates, ask, engine, known, told)
    rest, machine = ask(rates)
    step, rows = _part("timing", f"{engine}_step").measure(problem, told)
    _fill_in(result, rows)
    cached = [known.when[text] for text in rates.used if text in known.when]
    result.step = StepTime(
        engine=engine,
        cores=cores(),
        predicted=rest + sum(t.predicted for row in result.rows for t in row.times.values()),
        rest=rest,
        measured=step.best,
        spread=step.spread,
        machine=machine,
        cached=len(cached),
        timed=len(rates.used) - len(cached),
        since=min(cached, default=""),
    )


def _time_missing(rates: Rates, ask: Any, engine: str, known: store.Loaded, told: Told) -> None:
    """Time what the prediction will ask for; what was timed is kept even if it is interrupted.

    What was disturbed is timed once more at the end: by then the disturbance may be over.
    """
    missing = rates.missing(ask)
    try:
        for i, text in enumerate(missing):
            told(render("timing this machine: {call}", call=text), i, len(missing))
            rates.time(text)
        disturbed = [text for text in missing if rates.timed[text].spread > QUIET]
        for i, text in enumerate(disturbed):
            told(render("timing once more: {call}", call=text), i, len(disturbed))
            rates.time(text)
    finally:
        if missing:
            store.save(engine, rates, known.when)


def _fill_in(result: CostResult, rows: Any) -> None:
    """The measured times of the rows, by (row, pass)."""
    for row in result.rows:
        for pass_ in row.times.keys() & {p for name, p in rows if name == row.name}:
            found = rows[row.name, pass_]
            row.times[pass_].measured, row.times[pass_].spread = found.best, found.spread


def _part(package: str, name: str) -> Any:
    """A module of one engine, imported when it is needed: JAX takes a second."""
    return import_module(f"backprove.cost.{package}.{name}")
