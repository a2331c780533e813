"""metric: the loss says that the network learns, the metric does not follow.

Looked for where the loss has come far down from the loss of the best constant answer and yet the
metric is what it was at the start.
"""

from __future__ import annotations

import math

from backprove.doctor.causes.common import fitting_head
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

FALLEN = 0.5
STILL = 0.05


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """One hypothesis, if loss and metric disagree."""
    constant, final = trace.head.constant, trace.final_loss
    best = trace.head.free
    if not all(map(math.isfinite, (constant, final, best, trace.metric))) or constant <= best:
        return []
    way = (constant - final) / (constant - best)
    top = max(facts.shares, default=0.0)
    stays = abs(trace.metric - trace.first_metric) < STILL or trace.metric <= top + STILL
    if way < FALLEN or not stays or facts.kind not in ("classes", "binary"):
        return []
    evidence = [
        Evidence("way from the constant answer to the best loss", way, "share"),
        Evidence("metric at the start", trace.first_metric),
        Evidence("metric at the end", trace.metric),
    ]
    return [
        Hypothesis("metric", "RUN701", 0.5, evidence=evidence, edits=[fitting_head(spec, facts)])
    ]
