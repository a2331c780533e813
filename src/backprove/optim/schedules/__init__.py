"""Learning rates that change over the steps of a training.

    from backprove.optim import Adam
    from backprove.optim.schedules import Cosine, WarmUp
    Adam(learning_rate=WarmUp(100, then=Cosine(1e-3, steps=2714)))

Every schedule counts optimizer steps; `Cosine(1e-3, steps=3).per_epoch(938)` counts epochs of 938
steps. See `Schedule`.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

from backprove.errors import UsageError, unknown
from backprove.optim.schedules.base import PerEpoch, Schedule
from backprove.optim.schedules.decay import Constant, Cosine, Exponential, Step
from backprove.optim.schedules.one_cycle import OneCycle
from backprove.optim.schedules.plateau import ReduceOnPlateau
from backprove.optim.schedules.warm_up import WarmUp, as_schedule

SCHEDULES: dict[str, Any] = {
    "constant": Constant,
    "step": Step,
    "exponential": Exponential,
    "cosine": Cosine,
    "one_cycle": OneCycle,
    "warm_up": WarmUp,
    "reduce_on_plateau": ReduceOnPlateau,
}


def schedule(name: str, **options: Any) -> Schedule:
    """The schedule of a name; `learning_rate` is the peak of OneCycle and WarmUp's `then`.

    Raises UsageError for an unknown name or option, a missing one, or a value out of range.
    """
    key = name.replace("-", "_").lower()
    table = {k.replace("_", ""): cls for k, cls in SCHEDULES.items()}
    if key.replace("_", "") not in table:
        raise unknown("schedule", name, SCHEDULES)
    cls = table[key.replace("_", "")]
    if "learning_rate" in options and cls.base not in options:
        options[cls.base] = options.pop("learning_rate")
    known = [f.name for f in fields(cls)]
    for option in options:
        if option not in known:
            raise unknown("option", option, known, cls.__name__)
    missing = [f.name for f in fields(cls) if f.default is MISSING and f.name not in options]
    if missing:
        raise UsageError(
            "{owner} expected a value of {missing}, found none: give one",
            owner=cls.__name__,
            missing=", ".join(missing),
        )
    return cls(**options)  # type: ignore[no-any-return]


__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "Exponential",
    "OneCycle",
    "PerEpoch",
    "ReduceOnPlateau",
    "Schedule",
    "Step",
    "WarmUp",
    "as_schedule",
    "schedule",
]
