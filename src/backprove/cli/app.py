"""The verbs, and what stands before them."""

from __future__ import annotations

from typing import Annotated

import typer

from backprove.cli.check import check
from backprove.cli.cost import cost
from backprove.cli.demo import demo
from backprove.cli.doctor import doctor
from backprove.cli.evaluate import evaluate
from backprove.cli.explain import explain, rules
from backprove.cli.predict import predict
from backprove.cli.summary import summary
from backprove.cli.train import train
from backprove.cli.versions import versions
from backprove.messages import render

app = typer.Typer(
    name="backprove",
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


app.command("check", help=render("Prove an operator right, or show where it is wrong."))(check)
app.command("train", help=render("Train a network and say how good it became."))(train)
app.command("evaluate", help=render("Measure a trained network on data."))(evaluate)
app.command("predict", help=render("Use a trained network on an image or a file of data."))(predict)
app.command("summary", help=render("Show a network's layers, parameters and multiply-adds."))(
    summary
)
app.command("cost", help=render("Count parameters, compute and memory of a network."))(cost)
app.command("doctor", help=render("Say why a training fails, proved by training it again."))(doctor)
app.command("demo", help=render("Run the course's chapter: check, train, count, explain."))(demo)
app.command("explain", help=render("Explain a code: what, why, how it is measured, examples."))(
    explain
)
app.command("rules", help=render("List all codes."))(rules)
