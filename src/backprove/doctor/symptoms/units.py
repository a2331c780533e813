"""Symptoms of units: silent on all rows, saturated, the same answer for every row."""

from __future__ import annotations

from backprove.codes import finding
from backprove.doctor.causes.dead import GROWTH, when_died
from backprove.doctor.facts import Facts
from backprove.doctor.quantities import died, silent
from backprove.doctor.trace import Trace
from backprove.findings import Evidence, Finding

SATURATED = 0.5
SAME = 1e-3
"""Outputs that spread by less than this share of the targets' deviation are the same."""


def find(trace: Trace, facts: Facts) -> list[Finding]:
    """What the layers show at the start and at the end."""
    if not trace.first.layers:
        return []
    return [*_silent(trace), *_saturated(trace), *_same(trace, facts)]


def _silent(trace: Trace) -> list[Finding]:
    if died(trace) < GROWTH:
        return []
    parameters = {
        "before": trace.first.silent,
        "after": silent(trace),
        "step": when_died(trace),
    }
    layers = [
        Evidence("silent units at the end", layer.silent, "share", layer.name)
        for layer in trace.last.layers
        if layer.silent > 0
    ]
    return [finding("ACT301", parameters=parameters, evidence=_killed(trace) + layers)]


def _killed(trace: Trace) -> list[Evidence]:
    """What theory says of the step that silenced most of the first layer, and what came."""
    worst = max(trace.kills, key=lambda kill: kill.found, default=None)
    if worst is None or worst.found == 0.0:
        return []
    where = f"step {worst.step + 1}"
    return [
        Evidence("units silenced by one step, predicted", worst.predicted, "share", where),
        Evidence("units silenced by one step, found", worst.found, "share", where),
    ]


def _saturated(trace: Trace) -> list[Finding]:
    return [
        finding("ACT302", parameters={"share": layer.saturated, "layer": layer.name})
        for layer in trace.first.layers[:-1]
        if layer.saturated > SATURATED
    ]


def _same(trace: Trace, facts: Facts) -> list[Finding]:
    needed = facts.y_std if facts.kind == "real" else 1.0
    if not trace.last.spread < SAME * needed:
        return []
    spread = Evidence("spread of the outputs over the rows", trace.last.spread)
    return [finding("ACT310", evidence=[spread])]
