"""Symptoms of the data: constant and equal columns, balance, order, conflicts, NaN."""

from __future__ import annotations

from backprove.codes import finding
from backprove.doctor.facts import Facts
from backprove.doctor.trace import Trace
from backprove.findings import Evidence, Finding

UNBALANCED = 10.0
"""The largest class has so many times as many rows as the smallest (the limit of SageMaker)."""

SORTED = 0.3
CONFLICTS = 0.05


def find(trace: Trace, facts: Facts) -> list[Finding]:
    """What the rows show before any training."""
    return [*_broken(facts), *_columns(facts), *_targets(trace, facts)]


def _broken(facts: Facts) -> list[Finding]:
    parts = {"inputs": facts.x_finite, "targets": facts.y_finite}
    return [finding("DAT111", parameters={"kind": k}) for k, good in parts.items() if not good]


def _columns(facts: Facts) -> list[Finding]:
    found = []
    if facts.constant:
        counted = {"count": facts.constant, "columns": facts.columns}
        found.append(finding("DAT103", parameters=counted))
    if facts.duplicate:
        found.append(finding("DAT104", parameters={"count": facts.duplicate}))
    return found


def _targets(trace: Trace, facts: Facts) -> list[Finding]:
    found = []
    if facts.imbalance >= UNBALANCED:
        largest = Evidence("share of the largest class", max(facts.shares))
        ratio = {"ratio": facts.imbalance}
        found.append(finding("DAT108", parameters=ratio, evidence=[largest]))
    if facts.runs < SORTED and trace.batch_size < facts.rows:
        neighbours = Evidence("neighbours that differ, relative to shuffled rows", facts.runs)
        found.append(finding("DAT109", evidence=[neighbours], level="info"))
    if facts.conflicts > CONFLICTS:
        found.append(finding("DAT110", parameters={"share": facts.conflicts}))
    return found
