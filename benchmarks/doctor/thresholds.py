"""Two tools that map symptoms to causes by fixed thresholds, as far as their rules are published.

AutoTrainer (Zhang et al., ICSE 2021) looks at a training only if its accuracy does not converge:

    exploding    loss beyond 1e3 or NaN, or a ratio of first and last gradient above 70
    vanishing    ratio of first and last gradient below 1e-3, and the first below 1e-4
    dying ReLU   at least 70 % of the gradients are zero
    slow         best accuracy below 0.6 and a gain below 0.01 after 30 % of the training

DeepDiagnosis (Wardat et al., ICSE 2022) looks at every one:

    NaN, gradients below 1e-7, 70 % of outputs at or below 0 in the last look, half of the
    pre-activations beyond +-5, weights whose variance lies outside [1e-5, 10], inputs outside
    [-1, 1], outputs whose range misses the labels', learning rate times gradient over weight
    outside [1e-5, 0.1]

Both run nothing again. They see here what the doctor's own trace sees; the ratio of a layer's
silent units stands for the share of zero gradients.
"""

from __future__ import annotations

import math

from backprove.doctor.facts import Facts
from backprove.doctor.trace import Trace


def autotrainer(trace: Trace, facts: Facts, classification: bool) -> list[str]:
    """The families of causes that AutoTrainer's symptoms stand for, in the order of its repairs."""
    if not classification or (trace.broken is None and trace.metric >= 0.6):
        return []
    seen = [r for r in trace.records if r.layers and math.isfinite(r.layers[0].gradient)]
    found = []
    ratios = [_ratio(r.layers[0].gradient, r.layers[-1].gradient) for r in seen]
    if (
        trace.broken is not None
        or max(trace.losses, default=0.0) > 1e3
        or max(ratios, default=0) > 70
    ):
        found.append("explode")
    if seen and min(ratios) < 1e-3 and min(r.layers[0].gradient for r in seen) < 1e-4:
        found.append("vanish")
    if trace.records[-1].silent >= 0.7:
        found.append("dead-step")
    if trace.metric < 0.6 and trace.metric - trace.first_metric < 0.01:
        found.append("lr-low")
    return found


def deepdiagnosis(trace: Trace, facts: Facts, low: float, high: float) -> list[str]:
    """The families of causes that DeepDiagnosis' symptoms stand for; low, high are the inputs'."""
    found, last = [], trace.records[-1]
    seen = [r for r in trace.records if r.layers and math.isfinite(r.layers[0].gradient)]
    if trace.broken is not None:
        found.append("explode")
    if any(layer.gradient < 1e-7 for r in seen for layer in r.layers):
        found.append("vanish")
    if any(layer.silent >= 0.7 for layer in last.layers[:-1]):
        found.append("dead-step")
    if any(layer.low < -5 or layer.high > 5 for layer in last.layers[:-1]):
        found.append("out-act")
    if any(not 1e-5 <= layer.weight_rms**2 <= 10 for layer in trace.first.layers):
        found.append("init-large")
    if low < -1 or high > 1:
        found.append("scale-x")
    if last.high < facts.y_low or last.low > facts.y_high:
        found.append("out-act")
    moves = [layer.update_ratio for r in seen for layer in r.layers]
    if any(move > 0.1 for move in moves):
        found.append("lr-high")
    elif moves and all(move < 1e-5 for move in moves):
        found.append("lr-low")
    return list(dict.fromkeys(found))


def _ratio(first: float, last: float) -> float:
    return first / last if last > 0 else math.inf if first > 0 else 1.0
