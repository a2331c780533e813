"""Symptoms of the loss: a plateau that a constant answer explains, and a strange beginning."""

from __future__ import annotations

import math

from backprove.codes import finding
from backprove.doctor.facts import Facts
from backprove.doctor.theory.floors import TOLERANCE
from backprove.doctor.trace import Trace
from backprove.findings import Evidence, Finding

START = 1.5
"""A first loss of so many times that of the class shares is strange."""


def find(trace: Trace, facts: Facts) -> list[Finding]:
    """What the loss shows at its beginning and at its end."""
    return [*_start(trace, facts), *_plateau(trace)]


def _start(trace: Trace, facts: Facts) -> list[Finding]:
    if facts.kind != "classes" or not trace.losses:
        return []
    first, usual = trace.losses[0], trace.head.constant
    if not (math.isfinite(first) and usual > 0) or first < START * usual:
        return []
    return [finding("LOS403", parameters={"found": first, "expected": usual})]


def _plateau(trace: Trace) -> list[Finding]:
    final, floor = trace.final_loss, trace.head.constant
    if not (math.isfinite(final) and floor > 0) or abs(final - floor) > TOLERANCE * floor:
        return []
    spread = Evidence("spread of the outputs over the rows", trace.last.spread)
    return [finding("LOS408", parameters={"loss": final}, evidence=[spread])]
