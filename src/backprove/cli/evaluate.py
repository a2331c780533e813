"""`backprove evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from backprove.cli.train import _missed
from backprove.data import load
from backprove.messages import render
from backprove.report.training import shown
from backprove.tables import text_table
from backprove.train.build_data import build_data
from backprove.train.run import load_run


def evaluate(
    run: Annotated[Path, typer.Argument(help=render("A run's folder or checkpoint."))],
    data: Annotated[
        str | None, typer.Option(help=render("Other data than the run's own test data."))
    ] = None,
    split: Annotated[str, typer.Option(help=render("train or test."))] = "test",
    target: Annotated[
        str | None, typer.Option(help=render("The target column of a CSV file."))
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help=render("Exit with 1 if the accuracy is below this."))
    ] = None,
) -> int:
    """Mean loss and metrics over all samples."""
    model, config, _ = load_run(run)
    if data is None and split == "test":
        chosen = build_data(config).test
    else:
        named = target or config.data.target
        options: dict[str, Any] = {} if named is None else {"target": named}
        chosen = load(data or config.data.name, split=split, **options)
    measures = model.evaluate(chosen)
    rows = [[name, shown(value)] for name, value in measures.items()]
    rows.append([render("samples"), f"{len(chosen):,}"])
    typer.echo(text_table([render("measure"), render("value")], rows, right=(1,)))
    return _missed(measures, threshold)
