"""A program as it travels to the process that trains it: its configuration, nothing else.

An edit makes another program without loading any data here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from backprove.doctor import spec as specs
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.edits import Edit
from backprove.doctor.spec import Spec
from backprove.doctor.work import step_work


class Program(NamedTuple):
    """A configuration that can be trained in any process."""

    spec: Spec

    def edited(self, edit: Edit | Mapping[str, Any]) -> Program:
        """The same program with one edit applied."""
        changes = edit.changes if isinstance(edit, Edit) else edit
        return Program(specs.changed(self.spec, changes))

    def fingerprint(self) -> str:
        """A text that is the same only for the same configuration and the same data."""
        return specs.fingerprint(self.spec) + content(self.spec.data.name)

    def step_work(self) -> float:
        """How much work a step is, see `work`."""
        return step_work(self.spec)

    def to_job(self) -> dict[str, Any]:
        """The configuration as plain data."""
        return {"config": specs.tables(self.spec)}


def from_job(job: dict[str, Any]) -> ConfigSubject:
    """The subject that `Program.to_job` described, with its data."""
    return ConfigSubject(specs.convert(job["config"]))


@cache
def content(name: str) -> str:
    """The SHA-256 of a file of data; of the names, sizes and times of a folder's files; or "".

    Data that come with backprove, and recipes, have no file: their name says it all.
    """
    path = Path(name)
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    if path.is_dir():
        found = [(f.name, f.stat().st_size, f.stat().st_mtime_ns) for f in sorted(path.iterdir())]
        return hashlib.sha256(repr(found).encode()).hexdigest()
    return ""
