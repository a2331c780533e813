"""scale-x and scale-y: numbers of another size than the network starts with."""

from __future__ import annotations

import math

from backprove.doctor import edits
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

UNEVEN = 10.0
"""Columns whose deviations differ by this factor make a badly conditioned problem."""

FAR = 3.0
"""Means or deviations beyond this are far from the order of 1 that initialisations assume."""


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Suspicions about the scale of inputs and targets."""
    return [*_inputs(facts, spec), *_targets(trace, facts, spec)]


def _inputs(facts: Facts, spec: Spec) -> list[Hypothesis]:
    if not facts.x_finite or spec.data.scale_inputs == "standard":
        return []
    badness = input_badness(facts)
    if badness < 1:
        return []
    return [
        Hypothesis(
            "scale-x", "DAT101", min(0.75, 0.3 + 0.2 * math.log10(badness)),
            parameters={
                "narrowest": facts.narrowest, "widest": facts.widest, "center": facts.center,
            },
            evidence=[
                Evidence("largest deviation of a column", facts.widest),
                Evidence("smallest deviation of a column", facts.narrowest),
                Evidence("size of the means", facts.center),
            ],
            edits=[edits.scale_inputs(spec)],
        )
    ]  # fmt: skip


def input_badness(facts: Facts) -> float:
    """How many times beyond the limits the inputs are: unevenness, offset, size.

    Columns are compared by their root mean square deviation where there are many of them, so that
    the nearly empty pixels at the border of images do not count.
    """
    few = facts.columns <= 50
    uneven = facts.widest / facts.narrowest / UNEVEN if few and facts.narrowest > 0 else 0.0
    return max(uneven, facts.center / FAR, facts.scale / FAR, 0.05 / max(facts.scale, 1e-300))


def _targets(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    if facts.kind != "real" or spec.data.scale_targets == "standard" or not facts.y_finite:
        return []
    badness = max(facts.y_rms / FAR, 0.05 / max(facts.y_std, 1e-300))
    if badness < 1:
        return []
    scaled = edits.scale_targets(spec)
    both = edits.combined(edits.scale_inputs(spec), scaled)
    return [
        Hypothesis(
            "scale-y", "DAT102", min(0.7, 0.25 + 0.15 * math.log10(badness)),
            parameters={"low": facts.y_low, "high": facts.y_high},
            evidence=[
                Evidence("mean of the targets", facts.y_mean),
                Evidence("deviation of the targets", facts.y_std),
                Evidence("spread of the outputs at the start", trace.first.spread),
            ],
            edits=[scaled] if spec.data.scale_inputs == "standard" else [scaled, both],
        )
    ]  # fmt: skip
