"""lr-high: the step is beyond the largest stable one.

The overshoot d^T H d / (-2 g^T d) of the real steps is followed through the first tens of steps.
Near 1 is normal (networks rise to the edge of stability and train there); ReLU networks come back
from a first jump up to about 6 (a step times curvature of 12); beyond that they overflow, or land
where all units are dead. A look at step 0 or at the end alone would miss it.
"""

from __future__ import annotations

import math

from backprove.doctor import edits
from backprove.doctor.causes.common import rates, rectified
from backprove.doctor.edits import Edit
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis, Mediator
from backprove.doctor.quantities import EARLY, early_overshoot, overshoot
from backprove.doctor.spec import Spec
from backprove.doctor.theory.stability import CATAPULT
from backprove.doctor.trace import StepRecord, Trace
from backprove.findings import Evidence

LIMIT = CATAPULT / 2
"""The overshoot from which a ReLU network does not come back."""

KILLED = 0.4
"""The prior where a whole layer died after a step beyond the stable one."""


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """One hypothesis, if some step came near to the limit or the run broke."""
    worst = worst_step(trace)
    prior = _prior(trace)
    if worst is None or prior == 0.0:
        return []
    rate = spec.training.learning_rate
    peak = max(worst.overshoot, 1.0)
    stable = rate / worst.overshoot if worst.overshoot > 0 else math.inf
    return [
        Hypothesis(
            "lr-high", "OPT501", prior,
            parameters={"rate": rate, "stable": stable, "step": worst.step + 1},
            evidence=_evidence(trace, worst, rate, stable),
            mediator=Mediator("early overshoot", "below", LIMIT),
            edits=rates(spec, [rate / peak, rate / 10, rate / 3, rate / 100, rate / (10 * peak)]),
            refuters=_refuters(spec),
            step=worst.step,
        )
    ]  # fmt: skip


def worst_step(trace: Trace) -> StepRecord | None:
    """The first early step beyond the limit, else the early one that came nearest, else any.

    Where a layer died later on, the step that was the most too large of all counts.
    Behind the first step that is too large the network is another one, and its curvature says
    nothing about the step that it could have started with.
    """
    finite = [r for r in trace.curvature if math.isfinite(r.overshoot)]
    early = [r for r in finite if r.step < EARLY]
    beyond = (r for r in early if r.overshoot > LIMIT)
    near = early if early and not killed(trace) else finite
    return next(beyond, None) or max(near, key=lambda r: r.overshoot, default=None)


def killed(trace: Trace) -> bool:
    """Whether a layer that lived at the start is silent at the end, after a step too large."""
    return trace.last.dead_layer and not trace.first.dead_layer and overshoot(trace) > 1


def _prior(trace: Trace) -> float:
    """From the early peak: log-linear from 0.1 at 1 to 0.8 at the limit; more if the run broke, or
    if a layer died.
    """
    peak = early_overshoot(trace)
    if trace.broken is not None:
        return 0.9 if max(peak, overshoot(trace)) > 1 else 0.3
    least = KILLED if killed(trace) else 0.1
    if peak <= 0.5:
        return KILLED if killed(trace) else 0.0
    return min(0.85, max(least, 0.1 + 0.7 * math.log(max(peak, 1.0)) / math.log(LIMIT)))


def _evidence(trace: Trace, worst: StepRecord, rate: float, stable: float) -> list[Evidence]:
    found = [
        Evidence("learning rate", rate),
        Evidence("curvature", worst.kappa, where=f"step {worst.step + 1}"),
        Evidence("largest stable step", stable, where=f"step {worst.step + 1}"),
        Evidence("loss before the step", worst.before),
        Evidence("loss after the step", worst.after),
    ]
    if math.isfinite(trace.sharpness):
        found.insert(1, Evidence("largest curvature at the start", trace.sharpness))
    if trace.broken is not None:
        found.append(Evidence("first NaN or infinity", trace.broken.step, where=trace.broken.place))
    return found


def _refuters(spec: Spec) -> list[Edit]:
    """The popular cures that leave the step as it is."""
    if not rectified(spec):
        return []
    cures = [edits.activation(spec, name) for name in ("leaky_relu", "prelu")]
    return [*cures, edits.initializer(spec, "he_normal")]
