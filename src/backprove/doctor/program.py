"""A program as it travels to the process that trains it: its configuration, nothing else.

An edit makes another program without loading any data here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from backprove.doctor import spec as specs
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.data_files import content
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
