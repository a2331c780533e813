"""`backprove doctor`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from backprove.cli import INTERRUPTED
from backprove.doctor import spec as specs
from backprove.doctor.cache import Cache
from backprove.doctor.fix import check_place, write_fix
from backprove.doctor.run import BUDGET, examine
from backprove.messages import render
from backprove.report import FORMATS, report

Option = typer.Option


def doctor(
    config: Annotated[
        Path, typer.Argument(help=render("CONFIG.toml, or the folder of a run (runs/NAME)."))
    ],
    budget: Annotated[
        str, Option(help=render("Time for re-runs: 60s, 2m, or 5x the original training."))
    ] = BUDGET,
    fix: Annotated[
        Path | None,
        Option(help=render("Write the repaired configuration here, after it was trained.")),
    ] = None,
    format: Annotated[
        str, Option(help=render("text, concise, json, junit, sarif or github."))
    ] = "text",
    workers: Annotated[
        int | None, Option(help=render("Trainings at the same time; default all cores."))
    ] = None,
    cache: Annotated[
        bool, Option(help=render("Keep re-runs, so that a second call is answered at once."))
    ] = True,
    quiet: Annotated[bool, Option("--quiet", "-q", help=render("No progress."))] = False,
) -> int:
    """Exits with 1 if a cause was found or the training fails, 0 if healthy, 130 after Ctrl-C."""
    if format not in FORMATS:
        report(format)
    if fix is not None:
        check_place(fix, config)
    spec = specs.read(config)
    kept = None if cache else Cache(None)
    told = None if quiet or not sys.stderr.isatty() else _show
    result = examine(
        spec,
        name=config.name,
        budget=budget,
        workers=workers,
        cache=kept,
        told=told,
        verify=fix is not None,
    )
    _clear(told is not None)
    typer.echo(report(format, result))
    stopped = result.diagnosis is not None and result.diagnosis.interrupted
    if fix is not None and not stopped:
        write_fix(result, spec, fix)
    return INTERRUPTED if stopped else result.exit_code


def _show(name: str, done: int, total: int) -> None:
    """A line on a terminal's standard error that says what was run again."""
    text = render("run again: {name} ({done}/{total})", name=name, done=done, total=total)
    print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _clear(shown: bool) -> None:
    if shown:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
