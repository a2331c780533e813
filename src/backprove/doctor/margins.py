"""A training that trains: that it does, and what in it is close to a limit."""

from __future__ import annotations

import math

import numpy as np

from backprove import codes
from backprove.doctor.examination import GIVEN, WHOLE, Examination
from backprove.doctor.theory.budget import late_slope
from backprove.doctor.trace import Trace
from backprove.findings import Evidence, Finding

NEAR = 0.5
"""What has come so far towards its limit of 1 is told."""

FALLING = 0.05
"""A loss that falls by this share of its whole fall in the last quarter is still falling."""

CLOSE = {
    "OPT501": "close to a limit: a step was {share:.2g} times the largest stable one",
    "ACT301": "close to a limit: {share:.0%} of the hidden units are silent for every row",
    "ACT302": "close to a limit: {share:.0%} of the activations of {layer} are saturated at the "
    "end",
    "OPT510": "close to a limit: the loss still falls at the end, in the last quarter by "
    "{share:.0%} of its whole fall",
}
"""What is said of each, an English template."""


def margins(exam: Examination) -> list[Finding]:
    """That every seed came near to the best value, with what was measured on the way."""
    return [_trains(exam), *near(exam)]


def near(exam: Examination) -> list[Finding]:
    """What is close to a limit in a training that goes well."""
    found = []
    share = exam.quantity("overshoot", GIVEN)
    if share is not None and share >= NEAR:
        found.append(_close("OPT501", share=share))
    trace = exam.trace
    if trace is None:
        return found
    if trace.last.silent >= NEAR:
        found.append(_close("ACT301", share=trace.last.silent))
    worst = max(trace.last.layers[:-1], key=lambda layer: layer.saturated, default=None)
    if worst is not None and worst.saturated >= NEAR:
        found.append(_close("ACT302", share=worst.saturated, layer=worst.name))
    falling = _still_falling(exam, trace)
    if falling >= FALLING:
        found.append(_close("OPT510", share=falling))
    return found


def _still_falling(exam: Examination, trace: Trace) -> float:
    """The late fall of the loss; 0 where the run was cut short, which says nothing of its end."""
    return late_slope(np.array(trace.losses)) if trace.steps >= exam.total_steps else 0.0


def _close(code: str, **parameters: object) -> Finding:
    return codes.finding(code, level="info", title=CLOSE[code], parameters=parameters)


def _trains(exam: Examination) -> Finding:
    laboratory = exam.laboratory
    given = laboratory.outcomes.get(WHOLE) or laboratory.outcomes.get(GIVEN, {})
    evidence = [Evidence("metric by seed", [laboratory.value(o) for o in given.values()])]
    evidence.append(Evidence("metric of the best constant answer", exam.floor))
    if exam.trace is not None:
        evidence += _measured(exam.trace)
    return codes.finding("RUN704", evidence=evidence)


def _measured(trace: Trace) -> list[Evidence]:
    found = [
        Evidence("silent units at the end", trace.last.silent, "share"),
        Evidence("loss at the end", trace.final_loss),
        Evidence("loss of the best constant answer", trace.head.constant),
    ]
    steps = [r for r in trace.curvature if math.isfinite(r.overshoot)]
    if steps:
        worst = max(steps, key=lambda record: record.overshoot)
        where = f"step {worst.step + 1}"
        found.insert(0, Evidence("step / stable", worst.overshoot, where=where))
    if trace.held_out is not None:
        found.append(Evidence("metric on held-out rows", trace.held_out))
    return found
