"""The causes that are named together, because no re-run tells one from the other."""

from __future__ import annotations

from collections.abc import Sequence

from backprove.doctor.claim import Claim
from backprove.doctor.examination import Examination
from backprove.doctor.hypothesis import Hypothesis

OF_THE_BUDGET = frozenset({"lr-low", "epochs", "batch"})
OF_THE_HEAD = frozenset({"out-act", "out-units", "loss", "labels"})
"""Families that one repair may speak for together."""


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
