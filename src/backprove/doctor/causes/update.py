"""ascent, grad-bug, update-bug: what the program makes of its gradients.

Measured on the first steps: the slope of the loss along the real step, the loss's own derivative
along the gradient, the size of the step against learning rate times gradient, and parameters that
never move.
"""

from __future__ import annotations

from backprove.doctor import edits
from backprove.doctor.causes.common import name_of
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis, Mediator
from backprove.doctor.quantities import uphill
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

WRONG = 0.01
"""A relative error of the derivative beyond this is no rounding in float64."""

UPWARD = 0.8
GROWN = 1.5


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Suspicions about sign, formula, freshness and use of the gradients."""
    return [
        *_ascent(trace, spec),
        *_wrong(trace, spec),
        *_stale(trace, spec),
        *_frozen(trace, spec),
    ]


def _ascent(trace: Trace, spec: Spec) -> list[Hypothesis]:
    share = uphill(trace)
    if share < UPWARD:
        return []
    return [
        Hypothesis(
            "ascent", "OPT503", 0.95,
            parameters={"share": share},
            evidence=[Evidence("steps that go uphill", share, "share")],
            mediator=Mediator("uphill", "below", 0.5),
            edits=edits.mistakes(spec, "ascent", "activation_gradient", "weight_gradient"),
        )
    ]  # fmt: skip


def _wrong(trace: Trace, spec: Spec) -> list[Hypothesis]:
    view = trace.updates
    if view.wrong < WRONG:
        return []
    names = ("activation_gradient", "weight_gradient", "bias_gradient", "softmax_over_batch")
    return [
        Hypothesis(
            "grad-bug", "OPT506", 0.85,
            parameters={"found": view.claimed, "expected": view.derivative},
            evidence=[
                Evidence("gradient times a direction", view.claimed),
                Evidence("derivative of the loss along it", view.derivative),
            ],
            edits=edits.mistakes(spec, *names),
        )
    ]  # fmt: skip


def _stale(trace: Trace, spec: Spec) -> list[Hypothesis]:
    usual = usual_size(spec)
    if usual is None or trace.updates.stale < GROWN * usual:
        return []
    return [
        Hypothesis(
            "update-bug", "OPT504", 0.85,
            evidence=[
                Evidence("largest step relative to rate times gradient", trace.updates.stale),
                Evidence("largest with this optimizer", usual),
            ],
            edits=edits.mistakes(spec, "kept_gradients"),
        )
    ]  # fmt: skip


def usual_size(spec: Spec) -> float | None:
    """The largest step relative to rate times gradient: 1, or 1 / (1 - beta) with momentum."""
    named = spec.training.optimizer
    name = name_of(named)
    options = {} if isinstance(named, str) else named
    if name not in ("sgd", "momentum", "nesterov"):
        return None
    usual = 0.0 if name == "sgd" else 0.9
    beta = float(options.get("momentum") or options.get("beta") or usual)
    return 1 / (1 - beta) if beta < 1 else None


def _frozen(trace: Trace, spec: Spec) -> list[Hypothesis]:
    view = trace.updates
    if view.frozen == 0:
        return []
    return [
        Hypothesis(
            "update-bug", "OPT505", 0.8,
            parameters={"count": view.frozen, "total": view.total},
            evidence=[Evidence("parameters that never moved", view.frozen, "numbers")],
            edits=edits.mistakes(spec, "frozen"),
        )
    ]  # fmt: skip
