"""over-reg: the penalty or dropout outweighs the loss."""

from __future__ import annotations

import math
from itertools import pairwise

from backprove.doctor import edits
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

STRONG = 0.5
"""A penalty whose gradient is this share of the data's own is suspected."""


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Suspicions about weight decay and dropout."""
    pull, share = penalty_pull(trace, spec), spec.network.dropout
    found = []
    if pull > STRONG or share >= 0.5:
        changes = []
        if spec.training.weight_decay > 0:
            decay = spec.training.weight_decay
            changes = [edits.weight_decay(spec, 0.0), edits.weight_decay(spec, decay / 1000)]
        if share > 0:
            changes.append(edits.dropout(spec, 0.0))
        prior = min(0.8, 0.3 + 0.2 * pull) if pull > STRONG else 0.2
        evidence = [
            Evidence("gradient of the penalty relative to that of the data", pull),
            Evidence("dropout", share),
        ]
        found.append(Hypothesis("over-reg", "GEN601", prior, evidence=evidence, edits=changes))
    return found


def penalty_pull(trace: Trace, spec: Spec) -> float:
    """|decay w| / |gradient| over all weights at the end; 0 without a penalty."""
    decay = spec.training.weight_decay
    sizes = spec.network.layers
    layers = [x for x in trace.last.layers if math.isfinite(x.gradient)]
    if decay <= 0 or not layers or len(layers) != len(sizes) - 1:
        return 0.0
    counts = [n * m for n, m in pairwise(sizes)]
    squares = sum(x.weight_rms**2 * c for x, c in zip(layers, counts, strict=True))
    gradient = math.sqrt(sum(x.gradient**2 for x in layers))
    return decay * math.sqrt(squares) / gradient if gradient > 0 else math.inf
