"""labels: two kinds of rows, told apart by numbers that the loss does not take.

A binary cross-entropy takes 0 and 1: with -1 in place of 0 its loss falls without end. A hinge loss
takes -1 and +1: with 0 in place of -1 such a row costs the same whatever the answer is.
"""

from __future__ import annotations

from typing import NamedTuple

from backprove.doctor import edits
from backprove.doctor.causes.common import name_of
from backprove.doctor.edits import Edit
from backprove.doctor.edits.edit import name_of as written
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

YES_NO = frozenset({"bce", "bcewithlogits", "clippedbce"})


class Misfit(NamedTuple):
    """What the loss takes for the two kinds of rows, and the edit that writes them so."""

    taken: str
    repair: Edit


def misfit(facts: Facts, spec: Spec) -> Misfit | None:
    """What is wrong with the form of the labels; None if nothing is, or they are not of two kinds.

    More than two different numbers are no labels of such a loss at all: then the loss is wrong.
    """
    name, ends = name_of(spec.training.loss), (facts.y_low, facts.y_high)
    if not facts.two_valued:
        return None
    if name in YES_NO and ends != (0.0, 1.0):
        return Misfit("0 and 1", edits.targets(spec, "zero_one"))
    if name == "hinge" and ends != (-1.0, 1.0):
        return Misfit("-1 and +1", edits.targets(spec, "signs"))
    return None


def evidence(facts: Facts, taken: str) -> list[Evidence]:
    """The numbers that are there, and those that the loss takes."""
    return [
        Evidence("smaller label", facts.y_low),
        Evidence("larger label", facts.y_high),
        Evidence("what the loss takes", taken),
    ]


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """One hypothesis, if the loss takes other numbers than the labels are."""
    found = misfit(facts, spec)
    if found is None:
        return []
    return [
        Hypothesis(
            "labels", "DAT105", 0.9,
            parameters={"loss": written(spec.training.loss)},
            evidence=evidence(facts, found.taken),
            edits=[found.repair],
            refuters=[edits.longer(spec, 4)],
        )
    ]  # fmt: skip
