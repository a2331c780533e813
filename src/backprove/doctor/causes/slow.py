"""lr-low, epochs, batch: the budget of steps does not reach.

A step far below the largest stable one (small overshoot in every step) can be made larger; if it
is near to the limit already, only more steps are left. Large batches spend the epochs on few
steps. Doubling the step and doubling the number of steps then act alike.
"""

from __future__ import annotations

import math

import numpy as np

from backprove.doctor import edits
from backprove.doctor.causes.common import fell, rates
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis, Mediator
from backprove.doctor.quantities import overshoot
from backprove.doctor.spec import Spec
from backprove.doctor.theory.budget import late_slope
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

SMALL = 0.1
"""A step below this share of the largest stable one leaves room for a larger one."""

FEW = 10
"""So few steps in an epoch let the batch be suspected."""


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Which of the three the trace speaks for; nothing for a run that broke."""
    if trace.broken is not None or not trace.curvature:
        return []
    used, falling = overshoot(trace), late_slope(np.array(trace.losses))
    evidence = [
        Evidence("largest share of the stable step", used),
        Evidence("steps", trace.steps),
        Evidence("fall of the loss in the last quarter", falling, "share of the whole fall"),
        Evidence("fall of the loss", fell(trace), "share"),
    ]
    return [
        *_small(spec, used, falling, evidence, trace),
        *_short(spec, falling, evidence, trace),
        *_large_batch(facts, spec, falling, evidence, trace),
    ]


def _small(
    spec: Spec, used: float, falling: float, evidence: list[Evidence], trace: Trace
) -> list[Hypothesis]:
    if used >= 1 or (trace.last.spread == 0.0 and trace.last.dead_layer):
        return []
    rate = spec.training.learning_rate
    room = min(1 / used, 1000.0) if used > 0 else 1000.0
    prior = 0.3 if used > SMALL else min(0.75, 0.35 + 0.15 * math.log10(SMALL / max(used, 1e-6)))
    prior += 0.1 if falling > 0.05 else 0.0
    if all(r.gradient == 0.0 for r in trace.curvature):
        prior = 0.2
    return [
        Hypothesis(
            "lr-low", "OPT502", prior,
            parameters={"rate": rate, "used": used},
            evidence=evidence,
            mediator=Mediator("overshoot", "above", 2 * used),
            edits=rates(spec, [rate * 10, rate * room / 2, rate * 100, rate * 30]),
        )
    ]  # fmt: skip


def _short(spec: Spec, falling: float, evidence: list[Evidence], trace: Trace) -> list[Hypothesis]:
    prior = 0.15 + min(0.5, 2 * falling) if falling > 0.01 else 0.1
    return [
        Hypothesis(
            "epochs", "OPT510", prior,
            parameters={"steps": trace.total_steps},
            evidence=evidence,
            edits=[edits.longer(spec, 4), edits.longer(spec, 20)],
        )
    ]  # fmt: skip


def _large_batch(
    facts: Facts, spec: Spec, falling: float, evidence: list[Evidence], trace: Trace
) -> list[Hypothesis]:
    size = min(trace.batch_size, facts.rows)
    if size < 64 or facts.rows > FEW * size or falling <= 0.01:
        return []
    smaller = max(16, size // 20)
    return [
        Hypothesis(
            "batch", "OPT509", 0.4,
            parameters={"batch": size, "steps": trace.total_steps},
            evidence=evidence,
            edits=[edits.batch_size(spec, smaller)],
        )
    ]  # fmt: skip
