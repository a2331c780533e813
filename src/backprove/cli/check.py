"""`backprove check`."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from backprove.check import check as check_operator
from backprove.check.find import FILE
from backprove.errors import UsageError
from backprove.findings import Result
from backprove.messages import render
from backprove.ops import operators
from backprove.oracle.client import MODULES, installed
from backprove.report import FORMATS, report
from backprove.targets import Sandbox, find, parse_given

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
    names = _names(targets or [], every, arguments)
    references = _references(against, every)
    results, skipped = [], []
    for number, name in enumerate(names):
        _show(name, number, len(names), quiet)
        try:
            results.append(
                check_operator(name, references, convention=convention, seed=seed, **arguments)
            )
        except UsageError as error:
            if len(names) == 1:
                raise
            skipped.append(f"{name}: {error}")
    _show("", 0, 0, quiet)
    return _say(results, skipped, format)


def _names(targets: list[str], every: bool, arguments: dict[str, Any]) -> list[str]:
    """What is to be checked, one name each: all classes of a file that is named without one."""
    if bool(targets) == every:
        raise UsageError(
            "expected something to check: a file, an operator's name, or --all (and not both)"
        )
    found: list[str] = list(operators()) if every else []
    for text in targets:
        if FILE.search(text) and "::" not in text:
            with Sandbox(find(text, arguments)) as box:
                found += [f"{text}::{name}" for name in box.names] or [text]
        else:
            found.append(text)
    return found


def _references(against: str | None, every: bool) -> tuple[str, ...]:
    """The references by name; by default the exact one and every framework that is installed."""
    if against is None:
        present = () if every else tuple(name for name in MODULES if installed(name))
        return ("exact", *present)
    names = tuple(name.strip() for name in against.split(",") if name.strip())
    for name in names:
        if name != "exact" and ":" not in name:
            installed(name)
    return names


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
