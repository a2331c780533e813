"""`backprove summary`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backprove.cli.train import _sizes
from backprove.messages import render
from backprove.op import Op
from backprove.train import config as configuration
from backprove.train.build import build_network
from backprove.train.run import load_run
from backprove.train.summary import summarise


def summary(
    network: Annotated[
        str, typer.Argument(help=render("A run's folder, a TOML file, or sizes: 784,1500,500,10."))
    ],
    activation: Annotated[
        str, typer.Option(help=render("Activation between the layers."))
    ] = "leaky_relu",
) -> int:
    """Layers, output shapes, parameters, multiply-adds for one sample."""
    path = Path(network)
    net: Op
    if path.suffix == ".toml":
        net = build_network(configuration.convert(configuration.read(path)).network)
    elif path.exists():
        net = load_run(path)[0].net
    else:
        tables = {"network": {"layers": _sizes(network), "activation": activation}}
        net = build_network(configuration.convert(tables).network)
    typer.echo(str(summarise(net)))
    return 0
