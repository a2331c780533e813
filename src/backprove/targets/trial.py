"""One run of an operator, and what came of it: plain data on both sides of the pipe."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

LAYOUTS = ("plain", "fortran", "strided", "reversed", "expanded")
"""Memory layouts of inputs and upstream gradient; a library that lacks one uses "plain"."""

MODES = ("both", "forward", "second")
"""Whether backward is run too, or differentiated again."""

WANTED = ("all", "inputs", "parameters")
"""Whose gradients a framework's automatic differentiation is asked for."""

KINDS = (
    "ok", "raised", "exited", "crashed", "timed out", "wrong arity", "no result", "malformed",
    "wrong shape", "not run",
)  # fmt: skip
"""What a run can come to."""


@dataclass(frozen=True)
class Trial:
    """NumPy arrays for one run.

    `values` are parameters by name (the operator's own where absent), and `training` or `key`
    where forward asks for them. `labels` begin a backward whose loss is inside the model. With
    `properties` the run is repeated, to see whether anything changes that should not. The mode
    "second" differentiates the gradients along a `direction`, arrays by the gradients' names.
    """

    inputs: tuple[Any, ...]
    dy: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    labels: Any = None
    arguments: dict[str, Any] = field(default_factory=dict)
    layout: str = "plain"
    mode: str = "both"
    wanted: str = "all"
    properties: bool = False
    direction: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What one run came to.

    kind        one of KINDS
    arrays      "y", "d0" for the first input's gradient, "d:weight" for a parameter's; in the mode
                "second" what differentiating again by them and by "dy" gave
    dtypes      the dtype of each as the operator gave it ("python" for a number that is no array)
    changed     arrays handed in that are not what they were: "forward:input 0", "backward:dy",
                "backward:parameter W"
    aliases     results that share memory with what was handed in: "y:input 0", "d0:dy"
    notes       "not deterministic" (the value), "not deterministic:gradients"; "disturbed" if a
                second forward changes the first's backward
    shapes      of a result whose shape is wrong: name -> [found, expected]
    method      where it stopped: "import", "__init__", "forward", "backward"
    error       what was raised, in the words of Python
    code        exit code; `signal` the name of the signal that ended the process
    limit       the seconds that were allowed
    file, line  the learner's own line where it stopped, if it is known
    printed     the end of what was printed until then, where it stopped
    """

    kind: str = "ok"
    arrays: dict[str, Any] = field(default_factory=dict)
    dtypes: dict[str, str] = field(default_factory=dict)
    changed: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shapes: dict[str, Any] = field(default_factory=dict)
    method: str = ""
    error: str = ""
    code: int | None = None
    signal: str = ""
    limit: float = 0.0
    file: str = ""
    line: int | None = None
    printed: str = ""

    @property
    def ok(self) -> bool:
        """Whether there are results of the right shapes to look at."""
        return self.kind == "ok"

    def packed(self) -> dict[str, Any]:
        """As a dictionary without the entries that say nothing."""
        found = {f.name: getattr(self, f.name) for f in fields(self)}
        return {k: v for k, v in found.items() if v not in ("", (), None)}


def trial_of(packed: dict[str, Any]) -> Trial:
    """A trial that came over the pipe."""
    return Trial(**{**packed, "inputs": tuple(packed["inputs"])})


def outcome_of(packed: dict[str, Any]) -> Outcome:
    """An outcome that came over the pipe."""
    lists = {k: tuple(v) for k, v in packed.items() if k in ("changed", "aliases", "notes")}
    return Outcome(**{**packed, **lists})


def packed_trial(trial: Trial) -> dict[str, Any]:
    """A trial for the pipe."""
    return {f.name: getattr(trial, f.name) for f in fields(trial)}
