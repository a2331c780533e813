"""Which of several proved explanations is the cause, and which only its effect."""

from __future__ import annotations

from collections.abc import Sequence

from backprove.doctor.claim import Claim, mediated
from backprove.doctor.examination import Examination, median

STEADY = 1.5
"""The weight of a claim that more steps alone are enough: nothing of the program is changed."""

EFFECT = 0.3
"""The weight of a claim that is the effect of another one that is proved."""

DEFECTS = frozenset({"vanish", "init-small", "init-large", "init-symmetry", "dead-born", "lr-high"})
"""Families whose defect is measured in the trace, and whose repair is seen to take it away."""

BEFORE_DEATH = frozenset({"init-small", "init-large", "init-symmetry", "lr-high"})
"""What precedes, and can bring about, the death of units."""

STEEPENS = frozenset({"scale-x", "scale-y", "init-large", "loss-reduction"})
"""What makes a loss steep, so that a step is beyond the stable one that would not be otherwise."""


def among(exam: Examination, claim: Claim, all_claims: Sequence[Claim]) -> float:
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
    if family == "lr-high" and any(_steepened(exam, claim, c) for c in all_claims):
        return EFFECT
    return 1.0


def _steepened(exam: Examination, claim: Claim, other: Claim) -> bool:
    """Whether a step is too large because of what another claim names: inputs, targets or weights
    whose size makes the loss steep, or its sum.

    Their repair leaves the step as it is, brings it below the stable one, and leaves less than
    half of what smaller steps leave of the way to the best.
    """
    if other.hypothesis.family not in STEEPENS or other.partial:
        return False
    missing, less = (exam.attainable - _reached(exam, c) for c in (claim, other))
    return mediated(exam, claim.hypothesis, other.arm) is True and less < 0.5 * missing


def _reached(exam: Examination, claim: Claim) -> float:
    return median(exam.laboratory.progress(claim.arm))
