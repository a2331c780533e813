"""loss, labels: a loss that is made for another kind, or another form, of target."""

from __future__ import annotations

from backprove.doctor.causes.common import (
    FOR_CLASSES,
    FOR_NUMBERS,
    FOR_YES_NO,
    fitting_head,
    name_of,
)
from backprove.doctor.causes.head import head_evidence, useless
from backprove.doctor.causes.label_form import misfit
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """One hypothesis, if the loss is made for another kind, or another form, of target."""
    one_answer = trace.head.undiscerning and facts.y_std > 0
    if one_answer and misfit(facts, spec):
        return []
    if one_answer and facts.integers:
        return [_form(trace, facts, spec)]
    name = name_of(spec.training.loss)
    prior = 0.0
    if not trace.head.safe:
        prior = 0.5
    if facts.kind == "classes" and name not in FOR_CLASSES:
        prior = max(prior, 0.5)
    elif facts.kind in ("binary", "labels") and name not in FOR_YES_NO:
        prior = max(prior, 0.35)
    elif facts.kind == "real" and name not in FOR_NUMBERS:
        prior = max(prior, 0.6)
    if one_answer:
        prior = 0.85
    if trace.head.flat or _nothing_to_learn(trace):
        prior = max(prior, 0.8 if trace.head.flat else 0.6)
    if prior == 0.0:
        return []
    return [
        Hypothesis(
            "loss", "LOS406", prior,
            parameters={"loss": name},
            evidence=head_evidence(trace),
            edits=[fitting_head(spec, facts)],
            refuters=useless(spec),
        )
    ]  # fmt: skip


def _form(trace: Trace, facts: Facts, spec: Spec) -> Hypothesis:
    """Class numbers that the loss does not take: no row asks for an answer of its own."""
    return Hypothesis(
        "labels", "DAT105", 0.85,
        parameters={"loss": name_of(spec.training.loss)},
        evidence=head_evidence(trace),
        edits=[fitting_head(spec, facts)],
        refuters=useless(spec),
    )  # fmt: skip


def _nothing_to_learn(trace: Trace) -> bool:
    """Whether every answer costs the same, so that the gradient is exactly 0."""
    seen = [r for r in trace.curvature if r.step == 0]
    return bool(seen) and seen[0].gradient == 0.0 and not trace.first.dead_layer
