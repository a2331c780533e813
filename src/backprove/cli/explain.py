"""`backprove explain` and `backprove rules`."""

from __future__ import annotations

from typing import Annotated

import typer

from backprove.codes import CODES
from backprove.messages import render
from backprove.pages import heading, page
from backprove.tables import text_table


def explain(
    code: Annotated[str, typer.Argument(help=render("A code or its name: GRD006."))],
) -> int:
    """The page of a code."""
    typer.echo(page(code).rstrip())
    return 0


def rules() -> int:
    """All codes with level, name and what they say."""
    rows = [[code.code, code.level, code.name, heading(code.code)] for code in CODES.values()]
    headings = [render("code"), render("level"), render("name"), render("says")]
    typer.echo(text_table(headings, rows))
    return 0
