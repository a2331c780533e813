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

from backprove.doctor.decide import ENOUGH, LEAST, Judged
from backprove.doctor.edits import Edit
from backprove.doctor.examination import GIVEN, MISTAKES, Examination, median
from backprove.doctor.hypothesis import Hypothesis

UNMOVED = 0.5
"""The weight of a claim whose mediator did not move as predicted."""

STEADY = 1.5
"""The weight of a claim that more steps alone are enough: nothing of the program is changed."""

EFFECT = 0.3
"""The weight of a claim that is the effect of another one that is proved."""

DEFECTS = frozenset({"vanish", "init-small", "init-large", "init-symmetry", "dead-born", "lr-high"})
"""Families whose defect is measured in the trace, and whose repair is seen to take it away."""

BEFORE_DEATH = frozenset({"init-small", "init-large", "init-symmetry", "lr-high"})
"""What precedes, and can bring about, the death of units."""

OF_THE_BUDGET = frozenset({"lr-low", "epochs", "batch"})
OF_THE_HEAD = frozenset({"out-act", "out-units", "loss", "labels"})
"""Families that one repair may speak for together."""

PARTIAL = 0.2
"""The weight of a claim whose change brings it on its way only."""

MASKING = 0.3
"""The weight of a claim that rests on an edit that cures many causes, as another network does."""


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
    weighed = [claim._replace(weight=claim.weight * _among(exam, claim, found)) for claim in found]
    return sorted(weighed, key=lambda claim: -claim.weight)


def _among(exam: Examination, claim: Claim, all_claims: Sequence[Claim]) -> float:
    """What a claim weighs beside the others that are proved as well.

    More steps change nothing of the program, so they come first, but not before a defect that was
    measured, whose repair takes it away and trains in as many steps as were given. Deaths of units
    are the effect of what was there before they died, if its repair prevents them as well.
    """
    family = claim.hypothesis.family
    sure = [c for c in all_claims if c.moved and not c.partial]
    if family == "epochs":
        return 1.0 if any(c.hypothesis.family in DEFECTS for c in sure) else STEADY
    if family == "dead-step" and any(
        c.hypothesis.family in BEFORE_DEATH and mediated(exam, claim.hypothesis, c.arm)
        for c in sure
    ):
        return EFFECT
    return 1.0


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
        if moved is False and hypothesis.mediator and hypothesis.mediator.kind == "zero":
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


def accepted(
    exam: Examination, hypotheses: Sequence[Hypothesis], proved: Sequence[Claim]
) -> list[Claim]:
    """The causes to be named: the first claim, and those that no re-run tells from it.

    Larger steps, smaller batches and more steps make up for each other. A new output layer with
    its loss speaks for all that it changes, as long as no smaller change repairs the program. Rows
    that are mixed up hold no signal.
    """
    first, found = proved[0], list(proved[:1])
    if first.partial:
        return found
    family = first.hypothesis.family
    for claim in proved[1:]:
        other, edit = claim.hypothesis.family, exam.edit(claim.arm)
        if claim.partial or claim.moved is False or edit.masking or edit.kind == "hidden_layers":
            continue
        head = claim.arm == first.arm and edit.kind == "head" and {family, other} <= OF_THE_HEAD
        if head or {family, other} <= OF_THE_BUDGET:
            found.append(claim)
    if first.hypothesis.code == "DAT106":
        silent = [h for h in hypotheses if h.family == "no-signal"]
        found += [Claim(h, first.arm, first.judged, None, 0.0) for h in silent]
    return found


def mends(edit: Edit) -> bool:
    """Whether an edit does nothing but put a mistake right."""
    return edit.kind in ("no_mistake", "reduction", "linear_output", "shuffle")


def mediated(exam: Examination, hypothesis: Hypothesis, arm: str) -> bool | None:
    """Whether the mediator of a hypothesis moved in an arm as it predicts; None if unknown.

    What has to become 0 and was 0 in a run that failed did not move. Where that run went well
    there was nothing to be moved: the fault is in other seeds.
    """
    mediator = hypothesis.mediator
    if mediator is None:
        return None
    value = exam.quantity(mediator.quantity, arm)
    if value is None:
        return None
    if mediator.kind == "zero":
        first = exam.laboratory.progress(GIVEN, exam.laboratory.seeds(1))
        if first and exam.quantity(mediator.quantity, GIVEN) == 0.0:
            return False if first[0] < ENOUGH * exam.attainable else None
        return value == 0.0
    return value < mediator.value if mediator.kind == "below" else value > mediator.value


def _useless(exam: Examination, hypothesis: Hypothesis) -> float:
    """From 1 if every edit that was called useless was useless, down to one half if none was."""
    tried = [edit.id for edit in hypothesis.refuters if edit.id in exam.ideas]
    if not tried:
        return 1.0
    wrong = sum(exam.judged(name).decision == "confirmed" for name in tried)
    return 1.0 - 0.5 * wrong / len(tried)
