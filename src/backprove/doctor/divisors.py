"""What an adaptive optimizer divides each gradient by: its preconditioner, on the diagonal."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.optim.adam import Adam, correction
from backprove.optim.base import Tree
from backprove.train.mistakes.update import WrongUpdate


def inner(optimizer: Any) -> Any:
    """The optimizer itself, without the mistakes around it."""
    return optimizer.optimizer if isinstance(optimizer, WrongUpdate) else optimizer


def divisors(optimizer: Any, kept: dict[str, Tree], steps: int) -> Tree | None:
    """sqrt(v / (1 - beta2^t)) + eps for Adam after t steps; None for others, and at the start."""
    adam = inner(optimizer)
    if not isinstance(adam, Adam) or steps < 1:
        return None
    correct = float(correction(adam.betas[1], steps))
    return {k: np.sqrt(np.asarray(v) / correct) + adam.eps for k, v in kept["v"].items()}
