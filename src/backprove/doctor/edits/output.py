"""Edits of the output, the loss and what they are held against."""

from __future__ import annotations

from typing import Any

from backprove.doctor.edits.edit import Edit, name_of
from backprove.doctor.spec import Spec
from backprove.errors import unknown
from backprove.train.config import Named

HEADS = {
    "classes": "cross_entropy",
    "binary": "bce_with_logits",
    "labels": "bce_with_logits",
    "real": "mse",
}
"""The loss that takes what a linear layer gives, for each kind of target."""


def output(spec: Spec, named: Named | None) -> Edit:
    """Another activation behind the last layer, or with None no one; the loss stays."""
    if named is None:
        return Edit("linear_output", "linear_output", {"network.output": None})
    name = name_of(named)
    return Edit(f"output={name}", "output", {"network.output": named}, {"name": name})


def loss(spec: Spec, named: Named) -> Edit:
    """Another loss; the output stays."""
    name = name_of(named)
    return Edit(f"loss={name}", "loss", {"training.loss": named}, {"loss": name})


def reduction(spec: Spec) -> Edit:
    """The mean over the batch in place of the sum."""
    named = spec.training.loss
    options = {} if isinstance(named, str) else {k: v for k, v in named.items() if k != "name"}
    options.pop("reduction", None)
    plain: Any = {"name": name_of(named), **options} if options else name_of(named)
    return Edit("reduction=mean", "reduction", {"training.loss": plain})


def head(spec: Spec, kind: str, units: int) -> Edit:
    """A linear output of so many units, and the loss that fits it.

    kind is "classes" (one of `units`), "binary" (yes or no), "labels" (`units` times yes or no) or
    "real". Classes become numbers again, should they have been written in another form.
    """
    if kind not in HEADS:
        raise unknown("kind of target", kind, HEADS)
    changes: dict[str, Any] = {
        "network.layers": [*spec.network.layers[:-1], units],
        "network.output": None,
        "training.loss": HEADS[kind],
        "training.metrics": ["binary_accuracy"] if kind == "labels" else None,
    }
    if kind == "classes":
        changes["data.targets"] = None
    params = {"units": units, "loss": HEADS[kind]}
    return Edit(f"head={units},{HEADS[kind]}", "head", changes, params)
