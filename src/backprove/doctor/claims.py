"""From re-runs to causes: which hypothesis is proved, and what is only its effect.

A hypothesis is proved if an edit that it named repairs the program. Edits that cure many causes
(batch normalisation, Adam, clipping) prove nothing alone: they count if the quantity that the
hypothesis names as its mediator moved as predicted. Of several that are proved the one comes first
whose repair reaches furthest, weighed by how well the trace spoke for it before any re-run, and by
how many of the edits that it calls useless were useless. A plain mistake that is proved comes
before everything else: what else repairs the program then only makes up for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from backprove.doctor.claim import Claim, mediated
from backprove.doctor.decide import LEAST
from backprove.doctor.edits import Edit
from backprove.doctor.examination import MISTAKES, Examination, median
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.precedence import among

UNMOVED = 0.5
"""The weight of a claim whose mediator did not move as predicted."""

PARTIAL = 0.2
"""The weight of a claim whose change brings it on its way only."""

MASKING = 0.3
"""The weight of a claim that rests on an edit that cures many causes, as another network does."""


def claims(exam: Examination, hypotheses: Sequence[Hypothesis]) -> list[Claim]:
    """The proved hypotheses, the best one first."""
    found = [claim for h in hypotheses if (claim := _claim(exam, h)) is not None]
    weighed = [claim._replace(weight=claim.weight * among(exam, claim, found)) for claim in found]
    return sorted(weighed, key=lambda claim: -claim.weight)


def _claim(exam: Examination, hypothesis: Hypothesis) -> Claim | None:
    best: Claim | None = None
    for edit in hypothesis.edits:
        if edit.id not in exam.ideas:
            continue
        judged = exam.judged(edit.id)
        partial = judged.decision != "confirmed"
        if partial and not (median(exam.before) < LEAST < judged.interval.low):
            continue
        moved = mediated(exam, hypothesis, edit.id)
        if edit.masking and not moved:
            continue
        reached = median(exam.laboratory.progress(edit.id))
        weight = hypothesis.prior * reached * _useless(exam, hypothesis)
        weight *= UNMOVED if moved is False else 1.0
        weight *= MASKING if edit.masking or edit.kind == "hidden_layers" else 1.0
        weight *= PARTIAL if partial else 1.0
        weight += 1.0 if hypothesis.family in MISTAKES and mends(edit) and not partial else 0.0
        if best is None or weight > best.weight:
            best = Claim(hypothesis, edit.id, judged, moved, weight, partial)
    return best


def mends(edit: Edit) -> bool:
    """Whether an edit does nothing but put a mistake right."""
    return edit.kind in ("no_mistake", "reduction", "linear_output", "shuffle")


def _useless(exam: Examination, hypothesis: Hypothesis) -> float:
    """From 1 if every edit that was called useless was useless, down to one half if none was."""
    tried = [edit.id for edit in hypothesis.refuters if edit.id in exam.ideas]
    if not tried:
        return 1.0
    wrong = sum(exam.judged(name).decision == "confirmed" for name in tried)
    return 1.0 - 0.5 * wrong / len(tried)
