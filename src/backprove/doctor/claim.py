"""What a re-run has confirmed of a hypothesis, and whether its mediator moved."""

from __future__ import annotations

from typing import NamedTuple

from backprove.doctor.decide import ENOUGH, Judged
from backprove.doctor.examination import GIVEN, Examination
from backprove.doctor.hypothesis import Hypothesis


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
