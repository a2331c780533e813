"""Re-runs that an error or a time limit ended: they prove nothing, and are told."""

from __future__ import annotations

from backprove.codes import finding
from backprove.doctor.examination import GIVEN, Examination
from backprove.findings import Evidence, Finding, Level

SHOWN = 5
"""So many of the programs that stopped are named."""

FEW = 4
"""If no more than one of so many stopped, it is a note."""


def failures(exam: Examination) -> list[Finding]:
    """One finding, if a re-run stopped: how many, and the last words of the first ones."""
    failed = exam.laboratory.failed
    count = sum(map(len, failed.values()))
    if not count:
        return []
    total = count + sum(map(len, exam.laboratory.outcomes.values()))
    said = {name: next(iter(outcomes.values())).error for name, outcomes in failed.items()}
    evidence = [Evidence("error", error, where=name) for name, error in said.items()]
    parameters = {"count": count, "total": total, "error": next(iter(said.values()))}
    level: Level = "info" if GIVEN not in failed and FEW * count <= total else "warn"
    return [finding("RUN706", parameters=parameters, evidence=evidence[:SHOWN], level=level)]


def stopped(exam: Examination) -> str:
    """The error that kept the program as given from ever being measured; "" if none did."""
    found = exam.laboratory.failed.get(GIVEN, {})
    return "" if exam.before or not found else next(iter(found.values())).error
