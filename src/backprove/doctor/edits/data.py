"""Edits of the rows, and of what goes wrong between them and the update."""

from __future__ import annotations

from typing import Any

import msgspec

from backprove.doctor.edits.edit import Edit, name_of
from backprove.doctor.spec import Spec
from backprove.errors import unknown
from backprove.train.config import MistakesConfig, Named


def scale_inputs(spec: Spec, named: Named = "standard") -> Edit:
    """Inputs scaled by what the training rows say; transforms fall away."""
    name = name_of(named)
    changes: dict[str, Any] = {"data.scale_inputs": named, "data.transforms": []}
    kind = "scale_inputs" if name == "standard" else "input_range"
    return Edit(f"scale_inputs={name}", kind, changes, {"name": name})


def scale_targets(spec: Spec, named: Named = "standard") -> Edit:
    """Targets scaled by what the training rows say."""
    name = name_of(named)
    kind = "scale_targets" if name == "standard" else "target_range"
    return Edit(f"scale_targets={name}", kind, {"data.scale_targets": named}, {"name": name})


WRITTEN = {"zero_one": "0 and 1", "signs": "-1 and +1"}
"""How people read the forms of labels of two kinds."""


def targets(spec: Spec, named: Named | None) -> Edit:
    """Labels in another form: one_hot, number, zero_one, signs, or None for class numbers."""
    name = "class numbers" if named is None else name_of(named)
    params = {"name": WRITTEN.get(name, name)}
    return Edit(f"targets={name}", "targets", {"data.targets": named}, params)


def no_mistake(spec: Spec, name: str) -> Edit:
    """One entry of the table [mistakes] put right. Raises UsageError if there is no such entry."""
    usual: dict[str, Any] = msgspec.to_builtins(MistakesConfig())
    if name not in usual:
        raise unknown("mistake", name, usual)
    changes = {f"mistakes.{name}": usual[name]}
    return Edit(f"no_mistake={name}", "no_mistake", changes, {"name": name})


def mistakes(spec: Spec, *names: str) -> list[Edit]:
    """One edit for each mistake that the configuration makes, out of `names` if some are given."""
    usual, made = (msgspec.to_builtins(m) for m in (MistakesConfig(), spec.mistakes))
    return [no_mistake(spec, k) for k in made if made[k] != usual[k] and k in (names or made)]
