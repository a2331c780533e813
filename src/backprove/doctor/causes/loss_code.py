"""broadcast, loss-reduction, loss-impl: a loss that is computed wrongly.

Asked on made-up answers: does the order of the targets matter, do the losses of two halves add up
like a mean or a sum, and is the loss of sure answers a number?
"""

from __future__ import annotations

import math

from backprove.doctor import edits
from backprove.doctor.causes.common import fitting_head, name_of
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

CLOSE = 0.02


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Suspicions about the code of the loss."""
    view = trace.head
    evidence = [
        Evidence("losses of two halves relative to that of all rows", view.additive),
        Evidence("loss changes with the order of the targets", not view.blind),
        Evidence("loss of sure answers is a number", view.safe),
    ]
    if view.blind:
        return [
            Hypothesis(
                "broadcast", "LOS402", 0.95, evidence=evidence,
                edits=edits.mistakes(spec, "broadcast_targets"),
                refuters=[edits.learning_rate(spec, spec.training.learning_rate * 10)],
            )
        ]  # fmt: skip
    return [*_summed(trace, spec, evidence), *_mixed(trace, facts, spec, evidence)]


def _summed(trace: Trace, spec: Spec, evidence: list[Evidence]) -> list[Hypothesis]:
    if abs(trace.head.additive - 1) > CLOSE or "sum" not in _options(spec):
        return []
    return [
        Hypothesis(
            "loss-reduction", "LOS405", 0.88,
            parameters={"factor": trace.batch_size},
            evidence=evidence, edits=[edits.reduction(spec)],
        )
    ]  # fmt: skip


def _mixed(trace: Trace, facts: Facts, spec: Spec, evidence: list[Evidence]) -> list[Hypothesis]:
    """Rows that act on each other in the loss, or a loss that overflows."""
    additive = trace.head.additive
    mixes = math.isfinite(additive) and min(abs(additive - k) for k in (1, 2)) > CLOSE
    broke = trace.broken is not None and trace.broken.place.startswith("loss")
    if not mixes and trace.head.safe:
        return []
    prior = 0.95 if mixes else 0.85 if broke else 0.35
    return [
        Hypothesis(
            "loss-impl", "LOS404", prior,
            parameters={"loss": name_of(spec.training.loss)},
            evidence=evidence,
            edits=[*edits.mistakes(spec, "softmax_over_batch"), fitting_head(spec, facts)],
        )
    ]  # fmt: skip


def _options(spec: Spec) -> list[object]:
    named = spec.training.loss
    return [] if isinstance(named, str) else list(named.values())
