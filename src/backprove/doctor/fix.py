"""The repaired configuration: written only after it was trained and reached the level."""

from __future__ import annotations

import os
from pathlib import Path

from backprove.doctor import spec as specs
from backprove.doctor.spec import Spec
from backprove.errors import UsageError
from backprove.findings import Result


def check_place(path: Path, config: Path) -> None:
    """Raise UsageError where `write_fix` could not or must not write, before any training."""
    if path.exists() and config.exists() and path.samefile(config):
        raise UsageError(
            "expected another file for the repair than the configuration itself, found {path} "
            "twice: choose another path",
            path=str(path),
        )
    place = path.parent
    if path.is_dir() or not place.is_dir() or not os.access(place, os.W_OK):
        raise UsageError(
            "expected a folder to write {path} into, found none that is there and can be "
            "written: choose another path",
            path=str(path),
        )


def write_fix(result: Result, spec: Spec, path: Path) -> None:
    """Write the configuration with the fix of a diagnosis applied.

    Raises UsageError if the diagnosis has none, or if the repaired program, trained to its end,
    did not stay repaired.
    """
    found = result.diagnosis
    if found is None or not found.changes:
        raise UsageError(
            "expected a diagnosis with a repair to write to {path}, found none: read what "
            "`backprove doctor` says without --fix, or give it a larger --budget",
            path=str(path),
        )
    if found.verified is None or not found.verified >= found.level:
        raise UsageError(
            "the repair was not written to {path}: trained to its end it reached {reached}, "
            "expected at least {level:.3g}",
            path=str(path),
            reached="-" if found.verified is None else f"{found.verified:.3g}",
            level=found.level,
        )
    specs.write(specs.changed(spec, found.changes), path)
