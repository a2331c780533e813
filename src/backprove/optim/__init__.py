"""Optimizers, one a file, and learning rate schedules.

    from backprove.optim import Adam, optimizer
    adam = optimizer("adam", learning_rate=1e-3, betas=(0.9, 0.999))

Names and defaults are PyTorch's; each docstring says where Paddle's differ. See `Optimizer` for
the interface and `schedules` for learning rates that change.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from backprove.errors import unknown
from backprove.optim.accumulation import accumulate
from backprove.optim.adadelta import Adadelta
from backprove.optim.adagrad import Adagrad
from backprove.optim.adam import Adam
from backprove.optim.adamw import AdamW
from backprove.optim.base import Optimizer
from backprove.optim.clipping import (
    ClipByNorm,
    ClipByValue,
    clip_by_norm,
    clip_by_value,
    global_norm,
)
from backprove.optim.lion import Lion
from backprove.optim.momentum import Momentum
from backprove.optim.nesterov import Nesterov
from backprove.optim.rmsprop import RMSprop
from backprove.optim.schedules import Schedule, schedule
from backprove.optim.sgd import SGD

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": SGD,
    "momentum": Momentum,
    "nesterov": Nesterov,
    "adagrad": Adagrad,
    "adadelta": Adadelta,
    "rmsprop": RMSprop,
    "adam": Adam,
    "adamw": AdamW,
    "lion": Lion,
}


def optimizer(name: str, **options: Any) -> Optimizer:
    """The optimizer of a name in any spelling: "rmsprop", "RMSProp", "rms_prop".

    Raises UsageError for an unknown name or option, naming the nearest, and for a value out of
    range.
    """
    key = name.replace("_", "").replace("-", "").lower()
    if key not in OPTIMIZERS:
        raise unknown("optimizer", name, OPTIMIZERS)
    cls = OPTIMIZERS[key]
    known = [f.name for f in fields(cls)]
    for option in options:
        if option not in known:
            raise unknown("option", option, known, cls.__name__)
    return cls(**options)


__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "ClipByNorm",
    "ClipByValue",
    "Lion",
    "Momentum",
    "Nesterov",
    "Optimizer",
    "RMSprop",
    "Schedule",
    "accumulate",
    "clip_by_norm",
    "clip_by_value",
    "global_norm",
    "optimizer",
    "schedule",
]
