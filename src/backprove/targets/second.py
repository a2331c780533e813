"""Letting a framework differentiate the gradients of a target again."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from backprove.arrays import is_floating
from backprove.errors import UsageError
from backprove.oracle.twice import twice
from backprove.targets.properties import Given
from backprove.targets.runner import Runner
from backprove.targets.trial import Outcome, Trial


def second(runner: Runner, trial: Trial, arrays: ModuleType, given: Given) -> Outcome:
    """The outcome with the gradients of sum(direction * dx), under the names of dx and as "dy".

    Raises UsageError where nothing differentiates the target's backward: NumPy alone.
    """
    found: Any = getattr(runner, "second", lambda *given: None)(given.inputs, given.values, trial)
    if found is None:
        raise UsageError("NumPy alone cannot differentiate backward again")
    named, run = found
    leaves = {k: x for k, x in named.items() if is_floating(x) and k in trial.direction}
    along = {k: arrays.place(trial.direction[k]) for k in leaves}
    library = arrays.__name__.rpartition(".")[2]
    again = twice(library, lambda now: run({**named, **now}), leaves, given.dy, along)
    like = {k: trial.direction[k] for k in leaves} | {"dy": trial.dy}
    plain = {
        k: np.zeros(np.shape(like[k])) if g is None else arrays.plain(g) for k, g in again.items()
    }
    return Outcome("ok", plain)
