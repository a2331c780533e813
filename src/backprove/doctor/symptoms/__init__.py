"""Symptoms: what is seen in the data and in a trace, one subject a file.

`find(trace, facts)` gives findings that are true whatever the cause is. They never say "cause".
"""

from __future__ import annotations

from backprove.doctor.facts import Facts
from backprove.doctor.spec import Spec
from backprove.doctor.symptoms import labels, losses, rows, running, units, updates
from backprove.doctor.trace import Trace
from backprove.findings import Finding

SUBJECTS = (rows, units, losses, running)


def find(trace: Trace, facts: Facts, spec: Spec | None = None) -> list[Finding]:
    """All symptoms, those of the data first; without a spec those that need none."""
    found = [] if spec is None else [*labels.find(facts, spec), *updates.find(trace, facts, spec)]
    return found + [finding for subject in SUBJECTS for finding in subject.find(trace, facts)]
