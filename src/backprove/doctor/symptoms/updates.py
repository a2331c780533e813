"""Symptoms of the update: gradients that are none, old ones, parameters that never move."""

from __future__ import annotations

from backprove.codes import finding
from backprove.doctor.causes import update
from backprove.doctor.facts import Facts
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Finding


def find(trace: Trace, facts: Facts, spec: Spec) -> list[Finding]:
    """What is measured to be wrong is told even where putting it right does not repair the run."""
    return [
        finding(h.code, parameters=h.parameters, evidence=h.evidence, level="warn")
        for h in update.hypotheses(trace, facts, spec)
    ]
