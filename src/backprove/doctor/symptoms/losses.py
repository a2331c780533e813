"""Symptoms of the loss: a plateau that a constant answer explains, and a strange beginning."""

from __future__ import annotations

import math

from backprove.codes import finding
from backprove.doctor.facts import Facts
from backprove.doctor.theory.floors import TOLERANCE, Floor, matching
from backprove.doctor.trace import Trace
from backprove.findings import Evidence, Finding

START = 1.5
"""A first loss of so many times that of the class shares is strange."""


FLAT = 0.1
"""Outputs that spread by less than this share of the targets' deviation are a constant answer."""


def find(trace: Trace, facts: Facts) -> list[Finding]:
    """What the loss shows at its beginning and at its end."""
    return [*_start(trace, facts), *_plateau(trace, facts)]


def _start(trace: Trace, facts: Facts) -> list[Finding]:
    if facts.kind != "classes" or not trace.losses:
        return []
    first, usual = trace.losses[0], trace.head.constant
    if not (math.isfinite(first) and usual > 0) or first < START * usual:
        return []
    return [finding("LOS403", parameters={"found": first, "expected": usual})]


def _plateau(trace: Trace, facts: Facts) -> list[Finding]:
    final, floor = trace.final_loss, trace.head.constant
    named = plateau(trace, facts)
    best = math.isfinite(final) and floor > 0 and abs(final - floor) <= TOLERANCE * floor
    if named is None and not best:
        return []
    evidence = [Evidence("spread of the outputs over the rows", trace.last.spread)]
    if named is not None:
        evidence.insert(0, Evidence("the answer that costs as much", named.name))
        evidence.insert(1, Evidence("what it costs", named.value))
    return [finding("LOS408", parameters={"loss": final}, evidence=evidence)]


def plateau(trace: Trace, facts: Facts) -> Floor | None:
    """The constant answer whose loss the run ended at, while its outputs hardly spread."""
    scale = facts.y_std if facts.kind == "real" else 0.5
    if not trace.last.spread <= FLAT * scale:
        return None
    return matching(trace.final_loss, [Floor(*named) for named in trace.floors.items()])
