"""`backprove train`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from backprove.cli.configuring import chosen_tables, preset_table
from backprove.cli.configuring import save_config as write_config
from backprove.errors import UsageError
from backprove.messages import render
from backprove.report.training import show_training
from backprove.train import config as configuration
from backprove.train.run import train_run

Help = typer.Option


def train(
    config: Annotated[
        Path | None,
        typer.Argument(help=render("A TOML file with the tables data, network, training.")),
    ] = None,
    preset: Annotated[
        str | None,
        Help(help=render("A measured configuration; --list-presets names them.")),
    ] = None,
    list_presets: Annotated[
        bool, Help("--list-presets", help=render("List the presets, and leave."))
    ] = False,
    save_config: Annotated[
        Path | None,
        Help(help=render("Write what would be trained as a TOML file, to be changed, and leave.")),
    ] = None,
    data: Annotated[
        str | None,
        Help(help=render("mnist, iris, a recipe, a folder of IDX files, FILE.npz or FILE.csv.")),
    ] = None,
    target: Annotated[str | None, Help(help=render("The target column of a CSV file."))] = None,
    layers: Annotated[
        str | None, Help(help=render("Sizes from the input to the output: 784,1500,500,10."))
    ] = None,
    activation: Annotated[str | None, Help(help=render("Activation between the layers."))] = None,
    loss: Annotated[str | None, Help(help=render("Loss, by the name of its operator."))] = None,
    optimizer: Annotated[
        str | None, Help(help=render("Optimizer: sgd, momentum, adam ..."))
    ] = None,
    lr: Annotated[
        float | None, Help("--lr", "--learning-rate", help=render("Learning rate."))
    ] = None,
    batch_size: Annotated[int | None, Help(help=render("Samples in a step."))] = None,
    epochs: Annotated[int | None, Help(help=render("Passes over the training data."))] = None,
    seed: Annotated[int | None, Help(help=render("Seed of all randomness."))] = None,
    dropout: Annotated[float | None, Help(help=render("Share of hidden units dropped."))] = None,
    validation: Annotated[
        float | None, Help(help=render("Share of the training data held out for validation."))
    ] = None,
    engine: Annotated[
        str | None, Help(help=render("jax (compiled), numpy (eager), torch or torch-compiled."))
    ] = None,
    device: Annotated[str | None, Help(help=render("cpu or gpu."))] = None,
    out: Annotated[
        Path | None, Help(help=render("Folder of the run; default runs/DATA-N."))
    ] = None,
    resume: Annotated[
        bool,
        Help("--resume", help=render("Go on with the run in --out, exactly where it stopped.")),
    ] = False,
    threshold: Annotated[
        float | None, Help(help=render("Exit with 1 if the test accuracy is below this."))
    ] = None,
    quiet: Annotated[bool, Help("--quiet", "-q", help=render("No progress bar."))] = False,
) -> int:
    """Train, evaluate on the test data, save, and print what came out."""
    if list_presets:
        typer.echo(preset_table())
        return 0
    if resume and out is None:
        raise UsageError("--resume needs the folder of the run: add --out runs/NAME")
    tables = chosen_tables(config, preset, out, resume)
    chosen: dict[str, dict[str, Any]] = {
        "data": {"name": data, "target": target, "validation": validation},
        "network": {"layers": _sizes(layers), "activation": activation, "dropout": dropout},
        "training": {
            "loss": loss,
            "optimizer": optimizer,
            "learning_rate": lr,
            "batch_size": batch_size,
            "epochs": epochs,
            "seed": seed,
            "engine": engine,
            "device": device,
        },
    }
    for table, options in chosen.items():
        given = {k: v for k, v in options.items() if v is not None}
        tables.setdefault(table, {}).update(given)
    if threshold is not None and not 0.0 <= threshold <= 1.0:
        raise UsageError("expected a threshold between 0 and 1, found {found}", found=threshold)
    if save_config is not None:
        return write_config(tables, save_config)
    result = train_run(configuration.convert(tables), out, resume=resume, verbose=not quiet)
    typer.echo(show_training(result))
    return _missed(result.measures, threshold)


def _sizes(text: str | None) -> list[int] | None:
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError as error:
        raise UsageError(
            "expected --layers to be whole numbers with commas, such as 784,1500,500,10; "
            "found {found!r}",
            found=text,
        ) from error


def _missed(measures: dict[str, Any], threshold: float | None) -> int:
    """1 if the threshold is missed, with a word on standard error."""
    if threshold is None:
        return 0
    if "accuracy" not in measures:
        raise UsageError("--threshold needs the metric accuracy: add it to metrics")
    if measures["accuracy"] >= threshold:
        return 0
    typer.echo(
        render(
            "the test accuracy {accuracy:.4f} is below the threshold {threshold}",
            accuracy=measures["accuracy"],
            threshold=threshold,
        ),
        err=True,
    )
    return 1
