"""Causes: one family a file, each a function `hypotheses(trace, facts, spec)`.

A hypothesis is only a suspicion with numbers. Nothing is called a cause before a re-run with one
thing changed has confirmed it.
"""

from __future__ import annotations

from backprove.doctor.causes import (
    data,
    dead,
    head,
    initial,
    label_form,
    layers,
    loss_code,
    lr_high,
    measuring,
    optimizing,
    regular,
    scales,
    slow,
    update,
    wrong_loss,
)
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace

FAMILIES = (
    lr_high,
    dead,
    slow,
    initial,
    layers,
    scales,
    head,
    label_form,
    wrong_loss,
    loss_code,
    update,
    optimizing,
    regular,
    data,
    measuring,
)
"""The files that know causes."""

LEAST = 0.05
"""A hypothesis with a smaller prior is not worth a re-run."""


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """All suspicions about a failed training, the strongest first."""
    found = [h for family in FAMILIES for h in family.hypotheses(trace, facts, spec)]
    return sorted((h for h in found if h.prior >= LEAST), key=lambda h: -h.prior)
