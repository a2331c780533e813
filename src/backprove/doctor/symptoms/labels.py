"""Symptoms of the labels under the loss that they are given to."""

from __future__ import annotations

from backprove.codes import finding
from backprove.doctor.causes.label_form import evidence, misfit
from backprove.doctor.edits.edit import name_of as written
from backprove.doctor.facts import Facts
from backprove.doctor.spec import Spec
from backprove.findings import Finding


def find(facts: Facts, spec: Spec) -> list[Finding]:
    """Labels of two kinds that are not the two numbers which the loss takes."""
    found = misfit(facts, spec)
    if found is None:
        return []
    loss = written(spec.training.loss)
    measured = evidence(facts, found.taken)
    return [finding("DAT105", parameters={"loss": loss}, evidence=measured)]
