"""dead-born and dead-step: ReLU units that answer 0 to every row.

Dead before the first step is arithmetic: a layer of N units is silent for one input with
probability 2^-N, and it is counted on the data at step 0. Death by a step is the growth of the
share of silent units over that start; most often it is the effect of a step that is too large, and
then removing the deaths (leaky ReLU) does not make the network train.
"""

from __future__ import annotations

from backprove.doctor import edits
from backprove.doctor.causes.common import (
    RECTIFIED,
    hidden_names,
    output_name,
    rectified,
    usual_start,
)
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis, Mediator
from backprove.doctor.quantities import died, silent
from backprove.doctor.spec import Spec
from backprove.doctor.theory.born_dead import born_dead_probability, width_for
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

LIKELY = 0.02
"""Networks that are born dead less often than this are not suspected without a count."""

GROWTH = 0.1
"""The share of silent units must have grown by this much to be called a death by a step."""


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Born dead, killed by a step, or neither."""
    if not trace.first.layers or not (rectified(spec) or output_name(spec) in RECTIFIED):
        return []
    return [*_born(trace, spec), *_killed(trace, spec)]


def rectified_widths(spec: Spec) -> list[int]:
    """The widths of all layers that a rectifier follows."""
    names = [*hidden_names(spec), output_name(spec)]
    widths = spec.network.layers[1:]
    return [w for w, name in zip(widths, names, strict=False) if name in RECTIFIED]


def _born(trace: Trace, spec: Spec) -> list[Hypothesis]:
    chance = born_dead_probability(rectified_widths(spec))
    dead = trace.first.dead_layer
    if not dead and chance < LIKELY:
        return []
    width = width_for(max(1, len(rectified_widths(spec))), 0.001)
    sizes = [max(width, w) for w in spec.network.layers[1:-1]]
    changes = [edits.activation(spec, "leaky_relu")]
    if spec.network.initializer is not None or spec.network.bias_initializer is not None:
        changes.insert(0, edits.initializer(spec, usual_start(spec)))
    if sizes != spec.network.layers[1:-1]:
        changes.append(edits.hidden_layers(spec, sizes))
    return [
        Hypothesis(
            "dead-born", "ACT304", 0.9 if dead else 0.25,
            parameters={"chance": chance},
            evidence=[
                Evidence("chance of being born dead", chance),
                Evidence("layers without a living unit at the start", _dead_layers(trace)),
            ],
            mediator=Mediator("born dead", "zero"),
            edits=changes,
            refuters=[edits.longer(spec, 4)],
            step=0,
        )
    ]  # fmt: skip


def _dead_layers(trace: Trace) -> int:
    return sum(layer.silent == 1.0 for layer in trace.first.layers)


def _killed(trace: Trace, spec: Spec) -> list[Hypothesis]:
    grown = died(trace)
    if grown < GROWTH or trace.first.dead_layer:
        return []
    when = when_died(trace)
    return [
        Hypothesis(
            "dead-step", "ACT301", min(0.7, 0.1 + grown),
            parameters={"before": trace.first.silent, "after": silent(trace), "step": when},
            evidence=[
                Evidence("silent units at the start", trace.first.silent, "share"),
                Evidence("silent units later", silent(trace), "share", f"step {when}"),
            ],
            mediator=Mediator("silent", "below", trace.first.silent + GROWTH),
            edits=[edits.activation(spec, name) for name in ("leaky_relu", "elu")],
            step=when,
        )
    ]  # fmt: skip


def when_died(trace: Trace) -> int:
    """The first step that was looked at behind half of the growth of the silent share."""
    start, most = trace.first.silent, silent(trace)
    return next(r.step for r in trace.records if r.silent >= start + 0.5 * (most - start))
