"""The thing that is checked: an operator here or a class of a file (see `framework` for others).

All have one method: `run(requests)` gives an outcome for each trial.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from backprove.targets import Local, Outcome, Sandbox, Trial, find
from backprove.targets.guesses import guesses_for

SECONDS = 5.0
"""What a file may take for one trial."""

NUMBERED = ("ok", "wrong shape")
ENDED = ("exited", "crashed", "timed out")


class Target:
    """An operator of this process (`Local`), or a class of a file in a sandbox of its own."""

    def __init__(
        self,
        box: Any,
        given: dict[str, Any],
        place: str = "",
        cls: Any = object,
        varies: bool = True,
        guesses: dict[str, Any] | None = None,
    ) -> None:
        self.guesses = guesses or {}
        self.box, self.given, self.place, self.cls, self.varies = box, given, place, cls, varies
        self.library = box.library if isinstance(box, Local) else box.target.library
        self.facts = dict(box.facts)
        self.constructor = self.facts["constructor"]

    def run(self, requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """An outcome for each trial, as a dictionary; see `outcome_of`."""
        outcomes = self.box.run([Trial(**{**r, "inputs": tuple(r["inputs"])}) for r in requests])
        return [outcome_of(o) for o in outcomes]

    def close(self) -> None:
        """End the sandbox."""
        self.box.close()


def outcome_of(outcome: Outcome) -> dict[str, Any]:
    """Arrays, dtypes and notes of a run; or `ended` or `stopped`, with the outcome itself."""
    if outcome.kind in NUMBERED:
        notes = [*(f"changed:{c}" for c in outcome.changed), *outcome.notes]
        notes += [f"alias:{a}" for a in outcome.aliases if a.startswith("y:")]
        partly = "y" in outcome.shapes
        return {
            "arrays": outcome.arrays, "dtypes": outcome.dtypes, "notes": notes, "partly": partly,
        }  # fmt: skip
    return {("ended" if outcome.kind in ENDED else "stopped"): outcome}


def local(thing: Any, given: dict[str, Any], example: dict[str, Any] | None = None) -> Target:
    """An operator object or class of this process; `example` are arguments to look at it with."""
    box = Local(thing, {**(example or {}), **given})
    box.arguments = dict(given)
    if not isinstance(thing, type):
        own = {k: v for k, v in vars(thing).items() if isinstance(v, int | float | str)}
        box.facts["constructor"] = {"needed": [], "defaults": own}
    cls = thing if isinstance(thing, type) else type(thing)
    return Target(box, given, _written(cls, box.facts["file"]), cls, isinstance(thing, type))


def _written(cls: type, file: str) -> str:
    """FILE.py::Class of somebody's own class, for the place of a finding and for its script."""
    ours = cls.__module__.startswith("backprove.ops.")
    if ours or "." in cls.__qualname__ or not (file.endswith(".py") and Path(file).is_file()):
        return ""
    return f"{file}::{cls.__name__}"


def filed(place: str, given: dict[str, Any]) -> Target:
    """A class, function or pair of a file or notebook, in a process of its own.

    Arguments that its constructor needs and nobody gave are guessed from their names.
    """
    box = Sandbox(find(place, given), SECONDS)
    guesses = guesses_for(box.takes, given)
    if guesses:
        box.give({**guesses, **given})
    return Target(box, {**guesses, **given}, place, guesses=guesses)
