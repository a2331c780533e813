"""init-small, init-large, init-symmetry: the first weights.

Their size is compared with what the activation needs (He for rectifiers, Glorot else) and with what
the signal does on its way through the layers; equal units are an equality, not a threshold.
"""

from __future__ import annotations

import math

from backprove.doctor import edits
from backprove.doctor.causes.common import hidden_names, usual_start
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis, Mediator
from backprove.doctor.quantities import distinct, saturated, signal
from backprove.doctor.spec import Spec
from backprove.doctor.theory.gain import weight_std
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

SMALL, LARGE = 0.4, 2.5
"""Weights beyond these multiples of the usual size are suspected."""

RULES = {"he_normal": "he", "xavier_uniform": "glorot"}
"""The rule behind the name of an initialiser."""

FADED = 0.05
"""A signal that shrinks to this share through the layers is suspected."""


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Suspicions about the first weights."""
    layers = trace.first.layers
    if len(layers) < 2:
        return []
    equal = next((x for x in trace.last.layers[:-1] if x.width > 1 and x.distinct == 1), None)
    if equal is not None:
        return [_symmetric(spec, equal.name, trace)]
    ratio = size_ratio(trace, spec)
    return [*_small(trace, spec, ratio), *_large(trace, spec, ratio)]


def size_ratio(trace: Trace, spec: Spec) -> float:
    """The weights' size relative to the usual one, as the geometric mean over the layers."""
    sizes, start = spec.network.layers, RULES[usual_start(spec)]
    logs = [
        math.log(layer.weight_rms / weight_std(start, n, m))
        for layer, n, m in zip(trace.first.layers, sizes, sizes[1:], strict=False)
        if layer.weight_rms > 0
    ]
    return math.exp(sum(logs) / len(logs)) if logs else 0.0


def _symmetric(spec: Spec, layer: str, trace: Trace) -> Hypothesis:
    normal = {"name": "normal", "std": 0.05}
    return Hypothesis(
        "init-symmetry", "INI201", 0.95,
        parameters={"layer": layer},
        evidence=[Evidence("different units", distinct(trace), where=layer)],
        mediator=Mediator("distinct", "above", 1.0),
        edits=[edits.initializer(spec, usual_start(spec)), edits.initializer(spec, normal)],
    )  # fmt: skip


def _small(trace: Trace, spec: Spec, ratio: float) -> list[Hypothesis]:
    left = signal(trace)
    if ratio > SMALL and left > FADED:
        return []
    prior = 0.35 + (0.25 if ratio < SMALL else 0.0) + (0.2 if left < FADED / 5 else 0.0)
    return [
        Hypothesis(
            "init-small", "INI202", prior,
            parameters={"ratio": ratio, "signal": left},
            evidence=[
                Evidence("size of the weights", ratio, "of the usual one"),
                Evidence("signal in the last hidden layer", left, "of that in the first"),
            ],
            mediator=Mediator("signal", "above", 2 * left),
            edits=_starts(spec),
        )
    ]  # fmt: skip


def _large(trace: Trace, spec: Spec, ratio: float) -> list[Hypothesis]:
    flat = saturated(trace)
    if ratio < LARGE:
        return []
    return [
        Hypothesis(
            "init-large", "INI203", min(0.8, 0.4 + 0.1 * math.log2(ratio) + 0.2 * flat),
            parameters={"ratio": ratio},
            evidence=[
                Evidence("size of the weights", ratio, "of the usual one"),
                Evidence("saturated activations at the start", flat, "share"),
                Evidence("first loss", trace.losses[0] if trace.losses else math.nan),
            ],
            mediator=Mediator("saturated", "below", max(flat, 0.01)) if flat > 0 else None,
            edits=_starts(spec),
        )
    ]  # fmt: skip


def _starts(spec: Spec) -> list[edits.Edit]:
    """The usual initialisation, then the other one."""
    first = usual_start(spec)
    other = "xavier_uniform" if first == "he_normal" else "he_normal"
    names = [first] if not hidden_names(spec) else [first, other]
    return [edits.initializer(spec, name) for name in names]
