"""out-act, out-units, double-softmax: the last layer.

Decided without training: the loss is asked what the best answer within the reach of the output
layer costs, and what the best answer at all costs (`head_probe`). A head that bars the way cannot
be repaired by any step, width or initialisation.
"""

from __future__ import annotations

import math

from backprove.doctor import edits
from backprove.doctor.causes.common import (
    FOR_NUMBERS,
    RECTIFIED,
    fitting_head,
    name_of,
    output_name,
)
from backprove.doctor.edits import Edit
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis, Mediator
from backprove.doctor.spec import Spec
from backprove.doctor.theory.floors import double_softmax_floor
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

BARRED = 0.02
"""A head that bars this share of the way to the best loss is suspected."""

TAKES_LOGITS = frozenset({"crossentropy", "softmaxwithcrossentropy"})


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Suspicions about the output layer and the loss."""
    return [
        *_double_softmax(trace, facts, spec),
        *_barred(trace, facts, spec),
        *_units(trace, facts, spec),
    ]


def _double_softmax(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    if output_name(spec) != "softmax" or name_of(spec.training.loss) not in TAKES_LOGITS:
        return []
    units = spec.network.layers[-1]
    return [
        Hypothesis(
            "double-softmax", "LOS401", 0.9,
            parameters={"floor": double_softmax_floor(units)},
            evidence=head_evidence(trace),
            edits=[edits.output(spec, None)],
        )
    ]  # fmt: skip


def _barred(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    view, name = trace.head, output_name(spec)
    prior = _barred_prior(trace, facts, name)
    if not name or prior == 0.0 or units_first(facts, spec):
        return []
    if name == "softmax" and name_of(spec.training.loss) in TAKES_LOGITS and not view.flat:
        return []
    return [
        Hypothesis(
            "out-act", "ACT303", prior,
            parameters={
                "low": view.low, "high": view.high, "y_low": facts.y_low, "y_high": facts.y_high,
            },
            evidence=head_evidence(trace),
            mediator=Mediator("spread", "above", 0.0),
            edits=_other_outputs(facts, spec),
            refuters=useless(spec),
        )
    ]  # fmt: skip


def _barred_prior(trace: Trace, facts: Facts, name: str) -> float:
    """How strongly the probe of the head, or the range of the targets, speaks against the output.

    A rectified output has no gradient where it is 0, so it is suspected a little in any case, and
    much where it is 0 for every row in the end: no step of any size can bring it back.
    """
    view = trace.head
    if view.lost >= BARRED:
        return min(0.95, 0.7 + 0.25 * view.lost)
    beyond = facts.y_low < view.low or facts.y_high > view.high
    if facts.kind == "real" and beyond:
        return 0.85
    if view.flat:
        return 0.7
    if name not in RECTIFIED:
        return 0.0
    return 0.9 if trace.last.layers and trace.last.layers[-1].silent == 1.0 else 0.5


def _other_outputs(facts: Facts, spec: Spec) -> list[Edit]:
    """The output alone where a fitting one exists for this loss, else the whole head."""
    found: list[Edit] = []
    if facts.kind in ("binary", "labels") and name_of(spec.training.loss) in ("bce", "clippedbce"):
        found.append(edits.output(spec, "sigmoid"))
    real = facts.kind == "real" and not facts.integers
    if real or name_of(spec.training.loss) in FOR_NUMBERS:
        found.append(edits.output(spec, None))
        if real and spec.data.scale_targets is None:
            found.append(edits.combined(edits.output(spec, None), edits.scale_targets(spec)))
    return [*found, fitting_head(spec, facts)]


def _units(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    found, classes = spec.network.layers[-1], facts.kind == "classes" or facts.integers
    needed = facts.classes if classes else facts.y_columns
    yes_no = facts.classes == 2 and found in (1, 2)
    if found == needed or yes_no or (classes and found > needed):
        return []
    sure = trace.head.flat or not facts.integers or units_first(facts, spec)
    return [
        Hypothesis(
            "out-units", "LOS407", 0.9 if sure else 0.6,
            parameters={"found": found, "expected": needed},
            evidence=head_evidence(trace),
            edits=[fitting_head(spec, facts)],
            refuters=useless(spec),
        )
    ]  # fmt: skip


def units_first(facts: Facts, spec: Spec) -> bool:
    """Whether one output is to name one of several classes, under a loss that is for classes.

    No activation behind that output, and no other loss, could do it. A loss for numbers can: it
    takes the number of a class as a quantity.
    """
    alone = spec.network.layers[-1] == 1 and facts.integers
    return alone and name_of(spec.training.loss) not in FOR_NUMBERS


def useless(spec: Spec) -> list[Edit]:
    """The cures that cannot help a head that bars the way."""
    rate = spec.training.learning_rate
    return [edits.learning_rate(spec, rate * 10), edits.longer(spec, 4)]


def head_evidence(trace: Trace) -> list[Evidence]:
    view = trace.head
    named = {
        "best loss that the output layer can reach": view.best,
        "best loss of any answer": view.free,
        "loss of the best constant answer": view.constant,
    }
    found = [Evidence(name, value) for name, value in named.items() if math.isfinite(value)]
    return [*found, Evidence("spread of the outputs at the end", trace.last.spread)]
