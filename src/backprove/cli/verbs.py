"""The verbs by name, each imported when it is called: `backprove --help` imports none of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from backprove.messages import render


def verbs() -> dict[str, str]:
    """The help of each verb in the current language, in the order in which they are listed."""
    return {
        "check": render("Prove an operator right, or show where it is wrong."),
        "train": render("Train a network and say how good it became."),
        "evaluate": render("Measure a trained network on data."),
        "predict": render("Use a trained network on an image or a file of data."),
        "summary": render("Show a network's layers, parameters and multiply-adds."),
        "cost": render("Count parameters, compute and memory of a network."),
        "doctor": render("Say why a training fails, proved by training it again."),
        "demo": render("Run the course's chapter: check, train, count, explain."),
        "explain": render("Explain a code: what, why, how it is measured, examples."),
        "rules": render("List all codes."),
    }


HOMES = {"rules": "explain"}
"""The files of verbs that have none of their own name."""


class Commands(dict[str, Any]):
    """The verbs' commands, each made when it is first asked for."""

    def __missing__(self, name: str) -> Any:
        if name not in verbs():
            raise KeyError(name)
        self[name] = _command(name)
        return self[name]

    def get(self, name: str, default: Any = None) -> Any:
        return self[name] if name in verbs() else default

    def keys(self) -> Any:
        return verbs().keys()


class Verbs(TyperGroup):
    """The command's group of verbs: lists them without making them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = Commands()

    def list_commands(self, ctx: Any) -> list[str]:
        return list(verbs())

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(verbs().items()))


def _command(name: str) -> Any:
    module = import_module(f"backprove.cli.{HOMES.get(name, name)}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command(name, help=verbs()[name])(getattr(module, name))
    return typer.main.get_command(app)
