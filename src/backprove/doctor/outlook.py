"""Two questions before any cause is named: does it train, and is there anything to learn?"""

from __future__ import annotations

from backprove.doctor.decide import ENOUGH
from backprove.doctor.examination import Examination

FEW_ROWS = 30
"""From fewer rows nothing is said about a missing signal."""


def trains(exam: Examination) -> bool:
    """Whether every seed comes near to the perfect value, at the re-runs' length or in the end."""
    whole = exam.whole_progress()
    at_end = whole is not None and whole >= ENOUGH
    return bool(exam.before) and (min(exam.before) >= ENOUGH or at_end)


def nothing_to_learn(exam: Examination) -> bool:
    """Whether neither a simple reader nor any re-run predicts rows that were not trained on."""
    if exam.facts.has_signal or exam.facts.rows < FEW_ROWS:
        return False
    held_out = [
        outcome.held_out
        for found in exam.laboratory.outcomes.values()
        for outcome in found.values()
        if outcome.held_out is not None
    ]
    return bool(held_out) and max(held_out) <= exam.floor + 0.1 * (1.0 - exam.floor)
