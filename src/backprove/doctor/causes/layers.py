"""vanish, explode, depth, capacity, missing-act: what the layers and their activations do."""

from __future__ import annotations

import math

from backprove.doctor import edits
from backprove.doctor.causes.common import LINEAR, SQUASHING, fell, hidden_names
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis, Mediator
from backprove.doctor.quantities import gradient_slope
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

FADING = math.log(1.5)
"""A gradient that changes by more than this factor from layer to layer is suspected."""

DEEP = 4

DEPTH = 0.08
"""The prior of too many layers: a shallow network hides most other causes, too."""

NARROW = 4
GROWING = 3.0
UNBOUNDED = frozenset({"exp"})
"""Activations that grow faster than their input."""


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Suspicions about activations, depth and width of the hidden layers."""
    names = hidden_names(spec)
    if not names:
        return [_no_hidden(spec, facts, trace)] if facts.rows > 8 else []
    return [
        *_vanishing(trace, spec, names),
        *_exploding(trace, spec, names),
        *_linear(trace, facts, spec, names),
        *_deep(spec, names),
        *_narrow(facts, spec),
    ]


def _vanishing(trace: Trace, spec: Spec, names: list[str]) -> list[Hypothesis]:
    slope, squashing = gradient_slope(trace), sum(n in SQUASHING for n in names)
    sigmoids = sum(n in ("sigmoid", "hardsigmoid") for n in names)
    if len(names) < 2 or not squashing or not (slope > FADING or sigmoids >= 3):
        return []
    prior = 0.3 + (0.3 if slope > FADING else 0.0) + (0.2 if sigmoids >= 3 else 0.0)
    relu = edits.activation(spec, "relu")
    changes = [edits.combined(relu, edits.initializer(spec, "he_normal"))]
    if any(n != "tanh" for n in names):
        changes.insert(0, edits.activation(spec, "tanh"))
    return [
        Hypothesis(
            "vanish", "ACT305", prior,
            parameters={"factor": math.exp(-slope)},
            evidence=[Evidence("gradient from layer to layer, backward", math.exp(-slope))],
            mediator=Mediator("gradient slope", "below", slope),
            edits=[*changes, edits.batch_norm(spec)],
            refuters=[edits.learning_rate(spec, spec.training.learning_rate / 10)],
        )
    ]  # fmt: skip


def _exploding(trace: Trace, spec: Spec, names: list[str]) -> list[Hypothesis]:
    sizes = [layer.rms for layer in trace.first.layers[:-1]]
    growth = _growth(sizes)
    unbounded = any(n in UNBOUNDED for n in names)
    if not unbounded and growth < GROWING:
        return []
    return [
        Hypothesis(
            "explode", "ACT306", 0.9 if unbounded and trace.broken is not None else 0.5,
            parameters={"factor": growth},
            evidence=[Evidence("growth from layer to layer", growth)],
            mediator=None,
            edits=[edits.activation(spec, "tanh"), edits.activation(spec, "relu")],
            refuters=[edits.learning_rate(spec, spec.training.learning_rate / 10)],
        )
    ]  # fmt: skip


def _growth(sizes: list[float]) -> float:
    """The mean factor from layer to layer; infinite where a layer is not finite."""
    if not all(math.isfinite(size) for size in sizes):
        return math.inf
    known = [size for size in sizes if size > 0]
    if len(known) < 2:
        return 1.0
    return float((known[-1] / known[0]) ** (1 / (len(known) - 1)))


def _linear(trace: Trace, facts: Facts, spec: Spec, names: list[str]) -> list[Hypothesis]:
    if not all(n in LINEAR for n in names):
        return []
    relu, tanh = edits.activation(spec, "relu"), edits.activation(spec, "tanh")
    wide = edits.hidden_layers(spec, [32, 32])
    sizes = spec.network.layers[1:-1]
    bigger = [edits.combined(wide, relu)] if max(sizes) < 32 else []
    return [
        Hypothesis(
            "missing-act", "ACT307", 0.55,
            evidence=[Evidence("fall of the loss", fell(trace), "share")],
            edits=[relu, tanh, edits.activation(spec, "sigmoid"), *bigger],
        )
    ]  # fmt: skip


def _deep(spec: Spec, names: list[str]) -> list[Hypothesis]:
    if len(names) < DEEP:
        return []
    return [
        Hypothesis(
            "depth", "ACT308", DEPTH,
            parameters={"depth": len(names) + 1},
            evidence=[Evidence("layers", len(names) + 1)],
            edits=[edits.depth(spec, 2)],
        )
    ]  # fmt: skip


def _narrow(facts: Facts, spec: Spec) -> list[Hypothesis]:
    sizes = spec.network.layers[1:-1]
    if min(sizes) > max(NARROW, facts.classes):
        return []
    return [
        Hypothesis(
            "capacity", "ACT309", 0.25,
            parameters={"sizes": "-".join(map(str, sizes))},
            evidence=[Evidence("narrowest layer", min(sizes), "units")],
            edits=[edits.hidden_layers(spec, [max(32, s) for s in sizes])],
        )
    ]  # fmt: skip


def _no_hidden(spec: Spec, facts: Facts, trace: Trace) -> Hypothesis:
    return Hypothesis(
        "capacity", "ACT309", 0.15,
        parameters={"sizes": "0"},
        evidence=[Evidence("fall of the loss", fell(trace), "share")],
        edits=[edits.hidden_layers(spec, [32])],
    )  # fmt: skip
