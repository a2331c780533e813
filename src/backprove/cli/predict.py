"""`backprove predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from backprove.data import Dataset, load
from backprove.data.digits import read_digit
from backprove.errors import BackproveError, UsageError
from backprove.messages import render
from backprove.tables import text_table
from backprove.train.run import load_run

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")


def predict(
    file: Annotated[
        Path, typer.Argument(help=render("A picture of a digit, or FILE.npz, FILE.csv, a folder."))
    ],
    run: Annotated[
        Path, typer.Option("--run", "--model", help=render("A run's folder or checkpoint."))
    ],
    split: Annotated[
        str | None, typer.Option(help=render("train or test; test if there is one."))
    ] = None,
    limit: Annotated[int, typer.Option(help=render("Show so many rows at the most."))] = 20,
) -> int:
    """The class and its probability for each row; the values themselves for a regression."""
    model, config, data = load_run(run)
    if file.suffix.lower() in PICTURES:
        x = read_digit(file)[None]
    else:
        x = _load(str(file), split, config.data.target).x
    outputs = model.predict(x)
    classes = data["classes"] or [str(i) for i in range(outputs.shape[-1])]
    if data["task"] == "classification":
        headings, rows = _classes(outputs, classes)
    else:
        headings = [render("row"), render("value")]
        rows = [[str(i), " ".join(f"{v:.6g}" for v in row)] for i, row in enumerate(outputs)]
    typer.echo(text_table(headings, rows[:limit]))
    if len(rows) > limit:
        typer.echo(render("... {more} more rows", more=f"{len(rows) - limit:,}"))
    return 0


def _load(path: str, split: str | None, target: str | None) -> Dataset:
    """The wanted split; without a wish the test data, or all data if they are not divided.

    A table may come without the column that is to be predicted.
    """
    if target is not None:
        try:
            return load(path, target=target)
        except BackproveError:
            return load(path)
    if split is not None:
        return load(path, split=split)
    everything = load(path)
    try:
        return load(path, split="test")
    except UsageError:
        return everything


def _classes(outputs: Any, classes: list[str]) -> tuple[list[str], list[list[str]]]:
    headings = [
        render("row"),
        render("class"),
        render("probability"),
        render("second choice"),
        render("probability"),
    ]
    shifted = np.exp(outputs - outputs.max(-1, keepdims=True))
    p = shifted / shifted.sum(-1, keepdims=True)
    rows = []
    for i, row in enumerate(p):
        first, second = np.argsort(-row, kind="stable")[:2]
        rows.append(
            [str(i), classes[first], f"{row[first]:.4f}", classes[second], f"{row[second]:.4f}"]
        )
    return headings, rows
