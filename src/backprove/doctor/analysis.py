"""What the trace and the data say before any re-run: symptoms, and hypotheses in order."""

from __future__ import annotations

from typing import NamedTuple

from backprove import codes
from backprove.doctor.causes import hypotheses
from backprove.doctor.examination import MISTAKES, Examination
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.symptoms import find
from backprove.findings import Finding


class Analysis(NamedTuple):
    """Symptoms, and hypotheses with the likeliest first."""

    symptoms: tuple[Finding, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()

    @property
    def mistakes(self) -> bool:
        """Whether a plain mistake is suspected, which has to be looked into in any case."""
        return any(h.family in MISTAKES and h.prior >= 0.5 for h in self.hypotheses)


def analyse(exam: Examination) -> Analysis:
    """Look for symptoms, and for causes that would explain them."""
    assert exam.trace is not None
    symptoms = find(exam.trace, exam.facts, exam.spec)
    if not exam.deterministic:
        symptoms.append(codes.finding("RUN703"))
    suspected = hypotheses(exam.trace, exam.facts, exam.spec)
    return Analysis(tuple(symptoms), tuple(suspected))
