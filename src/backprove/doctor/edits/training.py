"""Edits of how it is trained."""

from __future__ import annotations

from typing import Any

from backprove.doctor.edits.edit import Edit, name_of
from backprove.doctor.spec import Spec
from backprove.train.config import Named


def placebo(spec: Spec) -> Edit:
    """Nothing changed: run it with other seeds."""
    return Edit("placebo", "placebo", {})


def learning_rate(spec: Spec, value: float) -> Edit:
    """Another learning rate, to three digits; a schedule is kept."""
    rate = float(f"{value:.3g}")
    changes = {"training.learning_rate": rate}
    return Edit(f"learning_rate={rate:g}", "learning_rate", changes, {"rate": rate})


def warm_up(spec: Spec, steps: int) -> Edit:
    """The learning rate rises from 0 over the first steps."""
    changes = {"training.schedule": {"name": "warm_up", "steps": steps}}
    return Edit(f"warm_up={steps}", "warm_up", changes, {"steps": steps})


def optimizer(spec: Spec, named: Named, rate: float) -> Edit:
    """Another optimizer with a learning rate of its own."""
    name, params = name_of(named), {"name": name_of(named), "rate": rate}
    changes = {"training.optimizer": named, "training.learning_rate": rate}
    return Edit(f"optimizer={name},{rate:g}", "optimizer", changes, params)


def usual_constants(spec: Spec) -> Edit:
    """The optimizer with its default constants, at the same learning rate."""
    name = name_of(spec.training.optimizer)
    return Edit("constants", "constants", {"training.optimizer": name}, {"name": name})


def clip_norm(spec: Spec, limit: float) -> Edit:
    """Gradients clipped to a global norm."""
    changes = {"training.clip_norm": limit, "training.clip_value": None}
    return Edit(f"clip_norm={limit:g}", "clipping", changes, {"limit": limit})


def weight_decay(spec: Spec, value: float = 0.0) -> Edit:
    """Another penalty on the weights."""
    changes = {"training.weight_decay": value}
    return Edit(f"weight_decay={value:g}", "weight_decay", changes, {"value": value})


def longer(spec: Spec, factor: int) -> Edit:
    """So many times as many epochs, and steps where they are limited."""
    changes: dict[str, Any] = {"training.epochs": spec.training.epochs * factor}
    if spec.training.steps is not None:
        changes["training.steps"] = spec.training.steps * factor
    return Edit(f"longer={factor}", "longer", changes, {"factor": factor})


def batch_size(spec: Spec, size: int, keep_steps: bool = False) -> Edit:
    """Another batch size with as many epochs, or with as many steps.

    A limit on the steps is lifted in proportion, so that all epochs are seen.
    """
    options = spec.training
    changes: dict[str, Any] = {"training.batch_size": size}
    if options.steps is not None and not keep_steps:
        changes["training.steps"] = max(1, round(options.steps * options.batch_size / size))
    return Edit(f"batch_size={size}", "batch_size", changes, {"size": size})


def shuffle(spec: Spec) -> Edit:
    """The rows in another order in every epoch."""
    return Edit("shuffle", "shuffle", {"training.shuffle": True})
