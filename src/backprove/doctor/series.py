"""Faults in series: one hides the other, so that no single change is enough.

All candidate repairs are put together. If that works, parts are taken away one after the other,
and stay away if it still works (minimal sufficient set; Zeller and Hildebrandt's reduction with
single parts, 2002). Every part that is left is needed: without it the program fails again.
"""

from __future__ import annotations

from collections.abc import Sequence

from backprove.doctor.analysis import Analysis
from backprove.doctor.claim import Claim
from backprove.doctor.claims import claims
from backprove.doctor.edits import Edit, combined
from backprove.doctor.examination import Examination, median
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.ideas import Idea
from backprove.doctor.reference import reference
from backprove.doctor.trials import attempt

SERIES = "in series"
"""The family of edits that were put together."""

SUFFICIENT = 0.6
"""A single change that reaches this share of what is attainable is enough."""

MOST_HYPOTHESES = 6
"""So many of the likeliest hypotheses are put to the test."""


def in_series(exam: Examination, analysis: Analysis) -> tuple[str, list[Edit]] | None:
    """The smallest set of changes, where no single one is enough; None if one is, or none works.

    Runs that were cut short do not tell what is enough: then a change that helps is left alone.
    """
    proved = claims(exam, analysis.hypotheses)
    if (
        proved
        and not proved[0].partial
        and median(exam.laboratory.progress(proved[0].arm)) >= SUFFICIENT * exam.attainable
    ):
        return None
    if proved and exam.steps < exam.total_steps:
        return None
    sets = [_likely(exam, analysis, proved), reference(exam.spec, exam.facts, exam.total_steps)]
    for parts in sets:
        if len(parts) < 2 or exam.budget.left <= 0:
            continue
        if works(exam, parts, longer(combined(*parts))):
            kept = reduced(exam, parts)
            return (combined(*kept).id, kept) if len(kept) > 1 else None
    return None


def works(exam: Examination, parts: Sequence[Edit], factor: int = 1) -> bool:
    """Whether the parts together repair the program."""
    edit = combined(*parts) if len(parts) > 1 else parts[0]
    attempt(exam, [Idea(edit, SERIES, "repair", factor)], keep=[edit.id])
    return edit.id in exam.ideas and exam.judged(edit.id).decision == "confirmed"


def reduced(exam: Examination, parts: Sequence[Edit]) -> list[Edit]:
    """The parts that are needed. `parts` together must work; the least likely ones come last."""
    kept = list(parts)
    for part in reversed(list(parts)):
        fewer = [p for p in kept if p is not part]
        if fewer and exam.budget.left > 0 and works(exam, fewer, lengthened(fewer)):
            kept = fewer
    return kept


def longer(edit: Edit) -> int:
    """How many times as many steps an edit asks for."""
    return lengthened(edit.parts or (edit,))


def lengthened(parts: Sequence[Edit]) -> int:
    """How many times as many steps the parts ask for."""
    return max(int(p.params.get("factor", 1)) if p.kind == "longer" else 1 for p in parts)


def _likely(exam: Examination, analysis: Analysis, proved: Sequence[Claim]) -> list[Edit]:
    """The best edit of each likely hypothesis, the likeliest first, no key touched twice."""
    chosen: list[Edit] = [exam.edit(claim.arm) for claim in proved[:1]]
    keys = {key for edit in chosen for key in edit.changes}
    for hypothesis in analysis.hypotheses[:MOST_HYPOTHESES]:
        edit = _furthest(exam, hypothesis)
        if edit is not None and not keys & set(edit.changes):
            chosen.append(edit)
            keys |= set(edit.changes)
    return chosen


def _furthest(exam: Examination, hypothesis: Hypothesis) -> Edit | None:
    """The edit of a hypothesis that reached most when it was tried alone; the first if none did."""
    possible = [edit for edit in hypothesis.edits if edit.id not in exam.refused]
    progress = exam.laboratory.progress
    return max(possible, key=lambda edit: median(progress(edit.id)), default=None)


def parts_of(parts: Sequence[Edit], analysis: Analysis) -> list[Claim]:
    """The hypotheses behind the parts of a repair in series, the likeliest first."""
    found: dict[str, Claim] = {}
    for part in parts:
        hypothesis = _named(part, analysis.hypotheses)
        if hypothesis is not None and hypothesis.family not in found:
            claim = Claim(hypothesis, part.id, None, None, hypothesis.prior)
            found[hypothesis.family] = claim
    return sorted(found.values(), key=lambda claim: -claim.weight)


def _named(part: Edit, hypotheses: Sequence[Hypothesis]) -> Hypothesis | None:
    """The hypothesis that names an edit, or an edit of the same keys."""
    named = [h for h in hypotheses if part.id in {e.id for e in h.edits}]
    touching = [h for h in hypotheses if any(set(e.changes) & set(part.changes) for e in h.edits)]
    return next(iter([*named, *touching]), None)
