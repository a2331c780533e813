"""Predicted and measured times as a table, and what follows from them as sentences."""

from __future__ import annotations

from backprove.cost.machine.clock import BUSY
from backprove.cost.table import CostResult, Row
from backprove.cost.times import StepTime, Time
from backprove.messages import render

RIGHT = (2, 3, 4, 6)
HEADINGS = (
    "layer, pass",
    "operator",
    "predicted (us)",
    "measured (us)",
    "spread",
    "bound by",
    "share of the roofline",
)
PASSES = {"forward": "forward", "backward": "backward", "optimizer": "optimizer"}
BOUND = {"compute": "compute", "memory": "memory bandwidth", "overhead": "overhead"}


def cells(result: CostResult) -> tuple[list[str], list[list[str]]]:
    """Headings, a row for each pass of each operator, and one for the whole step."""
    rows = [
        _cells(row, pass_, row.times[pass_])
        for row in result.rows
        for pass_ in PASSES
        if pass_ in row.times
    ]
    step = result.step
    if step is not None:
        times = [f"{step.predicted * 1e6:,.1f}", f"{step.measured * 1e6:,.1f}"]
        rows.append([render("whole step"), "", *times, _percent(step.spread), "", ""])
    return [render(HEADINGS[i]) for i, _ in enumerate(HEADINGS)], rows


def notes(step: StepTime) -> list[str]:
    """The machine's rates, and how far prediction and measurement agree."""
    m = step.machine
    found = [
        render(
            "This machine ({engine}, {cores} cores): {peak:.0f} GFLOP/s in matrix products, "
            "{elementwise:.1f} G additions/s, {transcendental:.1f} G exponentials/s, "
            "{cache:.0f} GB/s in the cache, {memory:.0f} GB/s from memory, "
            "{overhead:.2g} us for a function.",
            engine=step.engine,
            cores=step.cores,
            overhead=m["overhead"] * 1e6,
            **{k: m[k] / 1e9 for k in ("peak", "elementwise", "transcendental", "cache", "memory")},
        )
    ]
    if step.cached:
        found.append(
            render(
                "Of the rates that were used, {cached} were kept from {since} on and {timed} were "
                "timed now: --no-cache (cache=False) times all of them anew.",
                cached=step.cached,
                since=step.since,
                timed=step.timed,
            )
        )
    if step.engine == "jax":
        found.append(
            render("The compiled step fuses operators; each was compiled and timed alone as well.")
        )
    if not step.conclusive:
        found.append(
            render(
                "Nothing is concluded: half of the repetitions took {spread} longer than the "
                "quickest. The machine is busy; measure again when it is not.",
                spread=_percent(step.spread),
            )
        )
        return found
    ratio = f"{step.ratio:.2f}"
    return [*found, render("Predicted over measured, of a whole step: {ratio}.", ratio=ratio)]


def _cells(row: Row, pass_: str, time: Time) -> list[str]:
    """A measurement whose repetitions differ too much is marked, and no share follows from it."""
    share, quiet = time.share, time.spread <= BUSY
    measured = "" if time.measured is None else f"{time.measured * 1e6:,.1f}"
    return [
        f"{row.name} {render(PASSES[pass_])}",
        row.operator,
        f"{time.predicted * 1e6:,.1f}",
        measured if quiet else f"{measured}?",
        "" if time.measured is None else _percent(time.spread),
        render(BOUND[time.bound]),
        _percent(share) if share is not None and quiet else "",
    ]


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"
