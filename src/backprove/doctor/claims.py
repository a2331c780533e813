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
from typing import NamedTuple

from backprove.doctor.decide import LEAST, Judged
from backprove.doctor.edits import Edit
from backprove.doctor.examination import MISTAKES, Examination, median
from backprove.doctor.hypothesis import Hypothesis

UNMOVED = 0.5
"""The weight of a claim whose mediator did not move as predicted."""

STEADY = 1.5
"""The weight of a claim that more steps alone are enough: nothing of the program is changed."""

PARTIAL = 0.2
"""The weight of a claim whose change brings it on its way only."""

MASKING = 0.3
"""The weight of a claim that rests on an edit that cures many causes."""

OTHER_NETWORK = frozenset({"depth", "capacity", "arch"})
"""Another network than the given one cures many causes as well."""


class Claim(NamedTuple):
    """A hypothesis that a re-run has confirmed: by which arm, how, and how much it weighs.

    `judged` is None for a part of a repair that works only together with others. A claim is
    partial if the change brings a program that learned nothing clearly on its way, in every seed,
    and yet not to the level: a first fault, behind which there may be others.
    """

    hypothesis: Hypothesis
    arm: str
    judged: Judged | None
    moved: bool | None
    weight: float
    partial: bool = False


def claims(exam: Examination, hypotheses: Sequence[Hypothesis]) -> list[Claim]:
    """The proved hypotheses, the best one first."""
    found = [claim for h in hypotheses if (claim := _claim(exam, h)) is not None]
    return sorted(found, key=lambda claim: -claim.weight)


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
        weight *= MASKING if edit.masking or hypothesis.family in OTHER_NETWORK else 1.0
        weight *= PARTIAL if partial else 1.0
        weight *= STEADY if hypothesis.family == "epochs" else 1.0
        weight += 1.0 if hypothesis.family in MISTAKES and mends(edit) and not partial else 0.0
        if best is None or weight > best.weight:
            best = Claim(hypothesis, edit.id, judged, moved, weight, partial)
    return best


def mends(edit: Edit) -> bool:
    """Whether an edit does nothing but put a mistake right."""
    return edit.kind in ("no_mistake", "reduction", "linear_output", "shuffle")


def mediated(exam: Examination, hypothesis: Hypothesis, arm: str) -> bool | None:
    """Whether the mediator of a hypothesis moved in an arm as it predicts; None if unknown."""
    mediator = hypothesis.mediator
    if mediator is None:
        return None
    value = exam.quantity(mediator.quantity, arm)
    if value is None:
        return None
    if mediator.kind == "zero":
        return value == 0.0
    return value < mediator.value if mediator.kind == "below" else value > mediator.value


def _useless(exam: Examination, hypothesis: Hypothesis) -> float:
    """From 1 if every edit that was called useless was useless, down to one half if none was."""
    tried = [edit.id for edit in hypothesis.refuters if edit.id in exam.ideas]
    if not tried:
        return 1.0
    wrong = sum(exam.judged(name).decision == "confirmed" for name in tried)
    return 1.0 - 0.5 * wrong / len(tried)
