"""Single numbers of a trace that causes act through: what mediates between cause and failure."""

from __future__ import annotations

import math
from collections.abc import Callable

from backprove.doctor.theory.gain import layer_slope
from backprove.doctor.trace import Trace

EARLY = 40
"""The first tens of steps, in which a step that is too large does its damage."""


def early_overshoot(trace: Trace) -> float:
    """The largest overshoot of the first tens of steps; uphill steps do not count."""
    return max(_overshoots(trace, EARLY), default=0.0)


def overshoot(trace: Trace) -> float:
    """The largest overshoot of all steps that were measured."""
    return max(_overshoots(trace, trace.steps), default=0.0)


def uphill(trace: Trace) -> float:
    """The share of measured steps that go up the slope of their own batch."""
    slopes = [r.slope for r in trace.curvature if math.isfinite(r.slope) and r.update > 0]
    return sum(s > 0 for s in slopes) / len(slopes) if slopes else 0.0


def silent(trace: Trace) -> float:
    """The largest share of hidden units that were silent on all rows, after the start."""
    return max((r.silent for r in trace.records[1:]), default=0.0)


def died(trace: Trace) -> float:
    """How much the share of silent units grew over what it was at the start."""
    return max(0.0, silent(trace) - trace.first.silent)


def born_dead(trace: Trace) -> float:
    """1 if a whole layer was silent before the first step, else 0."""
    return float(trace.first.dead_layer)


def signal(trace: Trace) -> float:
    """The last hidden layer's root mean square at the start, relative to the first one's."""
    hidden = [layer.rms for layer in trace.first.layers[:-1]]
    return hidden[-1] / hidden[0] if len(hidden) > 1 and hidden[0] > 0 else 1.0


def gradient_slope(trace: Trace) -> float:
    """The slope of ln |gradient| over the layers in the first step that was looked at.

    Negative means that gradients are larger in later layers. Scaled by the weights' own size,
    which undoes the effect of the layers' widths.
    """
    seen = [r for r in trace.records if r.layers and math.isfinite(r.layers[0].gradient)]
    if not seen:
        return 0.0
    layers = seen[0].layers[:-1]
    return layer_slope([layer.gradient / math.sqrt(layer.width) for layer in layers])


def distinct(trace: Trace) -> float:
    """The smallest number of different units in a hidden layer at the end."""
    hidden = [layer for layer in trace.last.layers[:-1] if layer.width > 1]
    return float(min((layer.distinct for layer in hidden), default=2))


def saturated(trace: Trace) -> float:
    """The largest share of flat slopes of a hidden layer at the start."""
    return max((layer.saturated for layer in trace.first.layers[:-1]), default=0.0)


def spread(trace: Trace) -> float:
    """How much the outputs differ between rows at the end."""
    return trace.last.spread


def _overshoots(trace: Trace, before: int) -> list[float]:
    return [r.overshoot for r in trace.curvature if r.step < before and math.isfinite(r.overshoot)]


QUANTITIES: dict[str, Callable[[Trace], float]] = {
    "early overshoot": early_overshoot,
    "overshoot": overshoot,
    "uphill": uphill,
    "silent": silent,
    "died": died,
    "born dead": born_dead,
    "signal": signal,
    "gradient slope": gradient_slope,
    "distinct": distinct,
    "saturated": saturated,
    "spread": spread,
}
"""The quantities by the name that mediators use."""
