"""Faults in series: one hides the other, so that no single change is enough.

All candidate repairs are put together. If that works, parts are taken away one after the other,
and stay away if it still works (minimal sufficient set; Zeller and Hildebrandt's reduction with
single parts, 2002). Every part that is left is needed: without it the program fails again.
"""

from __future__ import annotations

from collections.abc import Sequence

from backprove.doctor.edits import Edit, combined
from backprove.doctor.examination import Examination
from backprove.doctor.ideas import Idea

SERIES = "in series"
"""The family of edits that were put together."""


def works(exam: Examination, parts: Sequence[Edit], longer: int = 1) -> bool:
    """Whether the parts together repair the program."""
    edit = combined(*parts) if len(parts) > 1 else parts[0]
    exam.attempt([Idea(edit, SERIES, "repair", longer)], keep=[edit.id])
    return edit.id in exam.ideas and exam.judged(edit.id).decision == "confirmed"


def reduced(exam: Examination, parts: Sequence[Edit]) -> list[Edit]:
    """The parts that are needed. `parts` together must work; the least likely ones come last."""
    kept = list(parts)
    for part in reversed(list(parts)):
        fewer = [p for p in kept if p is not part]
        if fewer and exam.budget.left > 0 and works(exam, fewer, lengthened(fewer)):
            kept = fewer
    return kept


def lengthened(parts: Sequence[Edit]) -> int:
    """How many times as many steps the parts ask for."""
    return max(int(p.params.get("factor", 1)) if p.kind == "longer" else 1 for p in parts)
