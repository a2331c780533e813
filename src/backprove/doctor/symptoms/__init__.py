"""Symptoms: what is seen in the data and in a trace, one subject a file.

`find(trace, facts)` gives findings that are true whatever the cause is. They never say "cause".
"""

from __future__ import annotations

from backprove.doctor.facts import Facts
from backprove.doctor.symptoms import losses, rows, running, units
from backprove.doctor.trace import Trace
from backprove.findings import Finding

SUBJECTS = (rows, units, losses, running)


def find(trace: Trace, facts: Facts) -> list[Finding]:
    """All symptoms, those of the data first."""
    return [finding for subject in SUBJECTS for finding in subject.find(trace, facts)]
