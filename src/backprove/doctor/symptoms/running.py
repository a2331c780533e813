"""Symptoms of the run: where NaN or infinity came from."""

from __future__ import annotations

from backprove.codes import finding
from backprove.doctor.facts import Facts
from backprove.doctor.trace import Trace
from backprove.findings import Evidence, Finding


def find(trace: Trace, facts: Facts) -> list[Finding]:
    """The first number that was not finite."""
    broken = trace.broken
    if broken is None:
        return []
    evidence = [
        Evidence("smallest value that went in", broken.low),
        Evidence("largest value that went in", broken.high),
    ]
    place = f"{broken.place} ({broken.operator})" if broken.operator else broken.place
    parameters = {"step": broken.step, "place": place}
    return [finding("RUN702", parameters=parameters, evidence=evidence)]
