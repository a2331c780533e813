"""`backprove demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backprove.demo.chapter import run_chapter
from backprove.messages import render


def demo(
    operator: Annotated[
        str | None,
        typer.Argument(help=render("Your own LeakyReLU: FILE.py or FILE.py::Class.")),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help=render("Folder of the run; default runs/DATA-N."))
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help=render("No progress bar."))] = False,
) -> int:
    """Exits with 1 if a part did not come out as the chapter says."""
    return 0 if run_chapter(typer.echo, operator, out, verbose=not quiet) else 1
