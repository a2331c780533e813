"""What is known about the programs in the folder `cases`: why they fail, and what repairs them.

`cases/ID.toml` is the program, a configuration of `backprove train`. `truth.toml` says of each:

    source, mechanism   where it comes from; why it fails
    families            families of causes that are right, in series where there are several
    verdicts            verdicts that are right: causes, healthy, too few steps, no signal, and
                        undecided where nobody could reproduce the fault
    control             nothing is wrong, and the program was made to show that
    confirmed           it fails here, and a listed repair works (controls: it trains)
    success             the metric from which on a training counts as good
    held_out            the metric is that of rows which are not trained on
    measured            the metric of an independent rebuild of the program, one a seed
    fixes               single repairs: accepted (works), partial, refuted (does not work)

`fresh/` holds a second set in the same form, written when the doctor was done, other data, sizes,
losses and mistakes of every family. Nothing was tuned on it before it was seen for the first time;
since then it showed mistakes of the doctor, which were repaired.

A rule of the doctor must not look at any of this.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from backprove.doctor.spec import Spec, read

FOLDER = Path(__file__).parent
FRESH = FOLDER / "fresh"
Status = Literal["accepted", "partial", "refuted"]
Answer = Literal["causes", "healthy", "too few steps", "no signal", "undecided"]


class Fix(msgspec.Struct, forbid_unknown_fields=True):
    """A repair: keys of the configuration with new values, and keys that are taken away."""

    name: str
    status: Status
    set: dict[str, Any] = {}
    without: list[str] = []

    @property
    def changes(self) -> dict[str, Any]:
        """What `ConfigSubject.edited` takes."""
        return self.set | dict.fromkeys(self.without)


class Truth(msgspec.Struct, forbid_unknown_fields=True):
    """What is known about one program; see above."""

    source: str
    mechanism: str
    families: list[str]
    verdicts: list[Answer]
    confirmed: bool
    success: float
    measured: list[float]
    control: bool = False
    held_out: bool = False
    note: str = ""
    fixes: list[Fix] = []


@cache
def all_truth(folder: Path = FOLDER) -> dict[str, Truth]:
    """Everything that is known, by the id of the program."""
    tables = tomllib.loads((folder / "truth.toml").read_text(encoding="utf-8"))
    return msgspec.convert(tables, dict[str, Truth])


def program(name: str, folder: Path = FOLDER) -> Spec:
    """The configuration of a program."""
    return read(folder / "cases" / f"{name}.toml")
