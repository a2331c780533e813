"""From trace and facts to what a diagnosis shows of them."""

from __future__ import annotations

import math

from msgspec import structs

from backprove.doctor.examination import Examination
from backprove.doctor.facts import Facts
from backprove.doctor.ideas import name_of
from backprove.doctor.spec import Spec
from backprove.doctor.symptoms.losses import plateau
from backprove.doctor.theory.stability import largest_step
from backprove.doctor.trace import LayerRecord, Trace
from backprove.seen import LayerSeen, LayerState, Seen

ADAMS = ("adam", "adamw")


def seen(exam: Examination) -> Seen | None:
    """What the watched run showed; None if none was watched."""
    trace, facts, spec = exam.trace, exam.facts, exam.spec
    if trace is None:
        return None
    found = Seen(
        steps=trace.steps, learning_rate=spec.training.learning_rate, batch_size=trace.batch_size,
        floors=trace.floors, sharpness=trace.sharpness, end_sharpness=trace.end_sharpness,
        preconditioned=trace.preconditioned, noise_scale=trace.noise_scale,
        layers=[_layer(trace, i) for i in range(len(trace.first.layers))], data=_data(facts),
    )  # fmt: skip
    found.first_loss = trace.losses[0] if trace.losses else math.nan
    found.last_loss = trace.losses[-1] if trace.broken is not None else trace.final_loss
    named = plateau(trace, facts)
    found.plateau = "" if named is None else named.name
    found.stable, found.preconditioned_stable = _stable(trace, spec)
    steps = [r for r in trace.curvature if math.isfinite(r.overshoot)]
    if steps:
        worst = max(steps, key=lambda r: r.overshoot)
        found.overshoot, found.overshoot_step = worst.overshoot, worst.step + 1
        found.curvature = max(r.kappa for r in steps)
    if trace.kills:
        kill = max(trace.kills, key=lambda k: k.found)
        found.kill_predicted, found.kill_found = kill.predicted, kill.found
    return found


def _stable(trace: Trace, spec: Spec) -> tuple[float, float]:
    """(the largest stable learning rate for gradient descent at the start, for Adam at the end)."""
    named = spec.training.optimizer
    name, options = name_of(named), {} if isinstance(named, str) else named
    if name in ADAMS:
        betas = options.get("betas", (0.9, 0.999))
        limit = largest_step(trace.preconditioned, "adam", beta=float(betas[0]))
        return math.nan, limit if math.isfinite(trace.preconditioned) else math.nan
    if name not in ("sgd", "momentum", "nesterov") or not math.isfinite(trace.sharpness):
        return math.nan, math.nan
    beta = 0.0 if name == "sgd" else float(options.get("momentum", options.get("beta", 0.9)))
    return largest_step(trace.sharpness, beta=beta, nesterov=name == "nesterov"), math.nan


def _layer(trace: Trace, i: int) -> LayerSeen:
    first, last = trace.first.layers[i], trace.last.layers[i]
    since = None
    if last.silent > 0:
        looks = [(record.step, record.layers[i].silent) for record in trace.records]
        low = [step for step, silent in looks if silent < last.silent]
        since = next((step for step, _ in looks if not low or step > low[-1]), None)
    return LayerSeen(first.name, first.activation, first.width, _state(first), _state(last), since)


def _state(layer: LayerRecord) -> LayerState:
    names = (f.name for f in structs.fields(LayerState))
    return LayerState(**{name: getattr(layer, name) for name in names})


def _data(facts: Facts) -> dict[str, object]:
    return {k: v for k, v in structs.asdict(facts).items() if v == v}
