"""Optimizers and metrics as the tables of a configuration that make them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from backprove.errors import UsageError
from backprove.optim import OPTIMIZERS, ClipByNorm, ClipByValue
from backprove.optim.base import Optimizer
from backprove.optim.schedules import SCHEDULES, Schedule
from backprove.train.metrics import METRICS


def optimizer_tables(optimizer: Optimizer) -> dict[str, Any]:
    """The keys optimizer, learning_rate, schedule, weight_decay, clip_norm and clip_value.

    Raises UsageError for an optimizer or schedule that is not one of ours.
    """
    apart = ("learning_rate", "clip", "weight_decay")
    own = {f.name: getattr(optimizer, f.name) for f in fields(optimizer) if f.name not in apart}
    plain = {k: list(v) if isinstance(v, tuple) else v for k, v in own.items()}
    found: dict[str, Any] = {
        "optimizer": {"name": _name(optimizer, OPTIMIZERS), **plain},
        "weight_decay": optimizer.weight_decay,
    }
    rate = optimizer.learning_rate
    if isinstance(rate, Schedule):
        options = {f.name: getattr(rate, f.name) for f in fields(rate)}  # type: ignore[arg-type]
        found["learning_rate"] = options.pop(rate.base)
        if isinstance(found["learning_rate"], Schedule):
            raise UsageError(
                "expected a schedule of one kind to write into a configuration, found {found!r}",
                found=rate,
            )
        found["schedule"] = {"name": _name(rate, SCHEDULES), **options}
    else:
        found["learning_rate"] = rate
    if isinstance(optimizer.clip, ClipByNorm):
        found["clip_norm"] = optimizer.clip.limit
    if isinstance(optimizer.clip, ClipByValue):
        found["clip_value"] = optimizer.clip.limit
    return found


def metric_tables(metrics: Sequence[Any]) -> list[dict[str, Any]]:
    """The key metrics. Raises UsageError for a metric that is not one of ours."""
    found = []
    for metric in metrics:
        known = [k for k in inspect.signature(type(metric)).parameters if hasattr(metric, k)]
        options = {k: getattr(metric, k) for k in known if getattr(metric, k) is not None}
        found.append({"name": _name(metric, METRICS), **options})
    return found


def _name(thing: Any, table: dict[str, Any]) -> str:
    for name, cls in table.items():
        if type(thing) is cls:
            return name
    raise UsageError(
        "expected one of {known} to write into a configuration, found {found!r}",
        known=", ".join(table),
        found=thing,
    )
