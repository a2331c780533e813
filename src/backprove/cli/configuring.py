"""Which configuration `backprove train` starts from, and writing it down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from backprove.errors import UsageError
from backprove.messages import render
from backprove.tables import text_table
from backprove.train import config as configuration
from backprove.train.presets import preset as of_preset
from backprove.train.presets import presets
from backprove.train.run import resumed_config


def chosen_tables(
    config: Path | None, preset: str | None, out: Path | None, resume: bool
) -> dict[str, Any]:
    """What is trained, before the options: a file, a preset, or the run that is resumed."""
    if config is not None and preset is not None:
        raise UsageError(
            "expected a TOML file or --preset, found both: write the preset with --save-config "
            "and change that file"
        )
    if preset is not None:
        return of_preset(preset)
    if config is not None:
        return configuration.read(config)
    return resumed_config(out) if resume and out is not None else {}


def save_config(tables: dict[str, Any], path: Path) -> int:
    """Write the configuration in place of training."""
    if path.exists():
        raise UsageError(
            "{path} is there already: choose another name for --save-config", path=str(path)
        )
    configuration.write(configuration.convert(tables), path)
    typer.echo(render("Written to {path}: backprove train {path}", path=str(path)))
    return 0


def preset_table() -> str:
    """The presets and what they are for."""
    rows = [list(row) for row in presets().items()]
    return text_table([render("preset"), render("what it is for")], rows)
