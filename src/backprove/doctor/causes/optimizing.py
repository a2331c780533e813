"""opt and noise: an optimizer or a batch that does not suit the problem."""

from __future__ import annotations

import math

import numpy as np

from backprove.doctor import edits
from backprove.doctor.causes.common import name_of, rates
from backprove.doctor.facts import Facts
from backprove.doctor.hypothesis import Hypothesis
from backprove.doctor.spec import Spec
from backprove.doctor.trace import Trace
from backprove.findings import Evidence

NOISY = 0.5
"""Losses of neighbouring steps that differ by this share of their mean are noisy."""

SMALL_BATCH = 16


def hypotheses(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    """Suspicions about noise, and about the optimizer and its constants."""
    return [*_noise(trace, facts, spec), *_optimizer(trace, spec)]


def roughness(trace: Trace) -> float:
    """The mean change of the loss from step to step in the last half, relative to its mean.

    Where a layer is dead in the end, that of the time in which it was seen alive.
    """
    alive = [r.step for r in trace.records if not r.dead_layer]
    count = max(alive, default=0) if trace.last.dead_layer else len(trace.losses)
    losses = np.array(trace.losses[count // 2 : count])
    if len(losses) < 10 or not np.all(np.isfinite(losses)) or not losses.mean() > 0:
        return 0.0
    return float(np.mean(np.abs(np.diff(losses))) / losses.mean())


def _noise(trace: Trace, facts: Facts, spec: Spec) -> list[Hypothesis]:
    rough, size = roughness(trace), trace.batch_size
    if trace.broken is not None or size >= facts.rows or rough < NOISY or size > SMALL_BATCH:
        return []
    larger = min(facts.rows, 32 * size)
    rate = spec.training.learning_rate
    return [
        Hypothesis(
            "noise", "OPT508", min(0.7, 0.25 + 0.3 * rough),
            parameters={"batch": size},
            evidence=[
                Evidence("change of the loss from step to step", rough, "of its mean"),
                Evidence("noise scale at the start", trace.noise_scale, "rows"),
            ],
            edits=[edits.batch_size(spec, larger), *rates(spec, [rate / 10])],
        )
    ]  # fmt: skip


def _optimizer(trace: Trace, spec: Spec) -> list[Hypothesis]:
    name, odd = name_of(spec.training.optimizer), odd_constants(spec)
    if name in ("adam", "adamw") and not odd:
        return []
    changes = [edits.optimizer(spec, "adam", 1e-3)]
    if odd:
        changes.insert(0, edits.usual_constants(spec))
    return [
        Hypothesis(
            "opt", "OPT507", 0.5 if odd else 0.08,
            parameters={"optimizer": name},
            evidence=[Evidence(key, value) for key, value in odd.items()],
            edits=changes,
        )
    ]  # fmt: skip


def odd_constants(spec: Spec) -> dict[str, float]:
    """Constants of the optimizer far from all usual values: memories above .99 (.9999 for
    squares) and divisors' eps above 1e-3.
    """
    named = spec.training.optimizer
    if isinstance(named, str):
        return {}
    found: dict[str, float] = {}
    for key, value in named.items():
        numbers = value if isinstance(value, list | tuple) else [value]
        for i, number in enumerate(numbers):
            if not isinstance(number, int | float) or isinstance(number, bool):
                continue
            far = key == "eps" and number > 1e-3
            memory = key in ("beta", "betas", "momentum", "rho", "alpha")
            limit = 0.9999 if key == "betas" and i == 1 else 0.99
            if (far or (memory and number > limit)) and math.isfinite(number):
                found[key] = float(number)
    return found
