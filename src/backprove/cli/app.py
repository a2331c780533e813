"""The command, and the options that stand before the verb."""

from __future__ import annotations

from typing import Annotated

import typer

from backprove.cli.verbs import Verbs
from backprove.cli.versions import versions
from backprove.messages import render

app = typer.Typer(
    name="backprove",
    cls=Verbs,
    help=render("Feed-forward networks whose every claim is proved."),
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_versions(wanted: bool) -> None:
    if wanted:
        typer.echo(versions())
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help=render("Show the versions of backprove and the libraries, and leave."),
            callback=_show_versions,
            is_eager=True,
        ),
    ] = False,
    lang: Annotated[
        str, typer.Option(help=render("Language of all texts: auto, en or zh."))
    ] = "auto",
) -> None:
    """The options that stand before the verb."""
    if lang not in ("auto", "en", "zh"):
        raise typer.BadParameter(render("expected auto, en or zh"), param_hint="--lang")
