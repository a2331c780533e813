"""`backprove check`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from backprove.check import check as check_operator
from backprove.check.references import references_of
from backprove.cli.selected import selected
from backprove.errors import UsageError
from backprove.findings import Result
from backprove.messages import render
from backprove.oracle.client import MODULES, installed
from backprove.report import FORMATS, report
from backprove.targets import parse_given

Option = typer.Option


def check(
    targets: Annotated[
        list[str] | None,
        typer.Argument(
            help=render(
                "FILE.py, FILE.py::Class, FILE.ipynb, one of ours (leaky_relu), or a framework's "
                "operator (paddle:nn.functional.silu)."
            )
        ),
    ] = None,
    every: Annotated[bool, Option("--all", help=render("Check all built-in operators."))] = False,
    against: Annotated[
        str | None,
        Option(
            help=render(
                "References with commas: exact, paddle, torch, jax, or the operator that it "
                "stands for (paddle:nn.LeakyReLU). Without it, exact and what is installed."
            )
        ),
    ] = None,
    given: Annotated[
        list[str] | None,
        Option("--with", help=render("An argument for the constructor: negative_slope=0.1.")),
    ] = None,
    convention: Annotated[
        str, Option(help=render("Whose gradient at kinks it follows: paddle, torch, jax."))
    ] = "",
    format: Annotated[
        str, Option(help=render("text, concise, json, junit, sarif or github."))
    ] = "text",
    seed: Annotated[int, Option(help=render("Seed of the drawn inputs."))] = 0,
    quiet: Annotated[bool, Option("--quiet", "-q", help=render("No progress."))] = False,
) -> int:
    """Exits with 1 if something is wrong, 2 if nothing could be checked."""
    if format not in FORMATS:
        report(format)
    arguments = parse_given(given or [])
    todo = selected(targets or [], every, arguments)
    references = _references(against, every)
    results, skipped = [], []
    for number, (name, own) in enumerate(todo):
        _show(name, number, len(todo), quiet)
        try:
            results.append(
                check_operator(name, references, convention=convention, seed=seed, **own)
            )
        except UsageError as error:
            if len(todo) == 1:
                raise
            skipped.append(f"{name}: {error}")
    _show("", 0, 0, quiet)
    return _say(results, skipped, format)


def _references(against: str | None, every: bool) -> tuple[str, ...]:
    """The references by name; by default the exact one and every framework that is installed."""
    if against is None:
        present = () if every else tuple(name for name in MODULES if installed(name))
        return ("exact", *present)
    return references_of(against)


def _show(name: str, number: int, total: int, quiet: bool) -> None:
    """A line on a terminal's standard error that says what is being checked."""
    if quiet or not sys.stderr.isatty():
        return
    text = render("checking {name} ({number}/{total})", name=name, number=number + 1, total=total)
    print(f"\r\x1b[K{text if name else ''}", end="", file=sys.stderr, flush=True)


def _say(results: list[Result], skipped: list[str], format: str) -> int:
    for line in skipped:
        typer.echo(f"{render('not checked')}: {line}", err=True)
    if not results:
        return 2
    typer.echo(report(format, *results))
    return max(result.exit_code for result in results)
