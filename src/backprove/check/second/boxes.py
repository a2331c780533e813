"""Where a class that is written for no array library in particular is differentiated again.

Its own formulas run on the arrays of a framework, which follows them: through our bridge to that
framework, in a process of the file's own, or on JAX's arrays in this process.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from backprove.check.subject import SECONDS, Target
from backprove.errors import BackproveError
from backprove.targets import Outcome, Sandbox, Trial, find
from backprove.targets.library_of import names_none
from backprove.targets.making import runner
from backprove.targets.running import run_trial
from backprove.targets.sources import pieces

SPELLINGS = ("library", "teaching")


class Here:
    """A class or object of this process on JAX's arrays, with 64-bit floats while it runs."""

    def __init__(self, thing: Any, given: dict[str, Any]) -> None:
        self.thing, self.given = thing, given

    def run(self, trials: Iterable[Trial]) -> list[Outcome]:
        """An outcome for each trial."""
        import jax

        from backprove.targets.adapters import jax as arrays

        with jax.enable_x64(True), np.errstate(all="ignore"):
            return [
                run_trial(
                    runner(self.thing, {**self.given, **t.arguments}, arrays), t, arrays, "",
                    lambda method: None,
                )
                for t in trials
            ]  # fmt: skip

    def close(self) -> None:
        """Nothing to end."""


def box(subject: Any, library: str) -> Any:
    """What runs the subject's class on the arrays of a library; None where it cannot be told.

    A class of this process runs on JAX's arrays only: frameworks stay in processes of their own.
    """
    if not isinstance(subject, Target) or not _anywhere(subject):
        return None
    if isinstance(subject.box, Sandbox):
        return Sandbox(find(subject.place, subject.given, library), SECONDS)
    return Here(subject.box.thing, subject.given) if library == "jax" else None


def _anywhere(subject: Target) -> bool:
    """Whether it has forward and backward that name no array library."""
    facts = subject.facts
    if facts["spelling"] not in SPELLINGS or facts["protocol"] != "upstream" or not subject.place:
        return False
    path = subject.place.partition("::")[0]
    try:
        return names_none(pieces(path), [facts["name"]])
    except BackproveError:
        return False
