"""A training step on random data: what is predicted and measured."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np

from backprove.errors import UsageError
from backprove.op import Op
from backprove.ops.loss.cross_entropy import CrossEntropy
from backprove.ops.loss.nll import NLL
from backprove.train.step import Program

SHARE = 0.5
"""The share of the machine's memory that a step may take."""


@dataclass(frozen=True)
class Problem:
    """A program, and the shapes of a batch and of its targets."""

    program: Program
    shape: tuple[int, ...]
    target: tuple[int, ...]

    @property
    def batch_size(self) -> int:
        return self.shape[0]

    def batch(self) -> tuple[Any, Any]:
        """Normal inputs; labels for a loss that takes them, else numbers in [0, 1)."""
        rng = np.random.default_rng(0)
        x = rng.standard_normal(self.shape).astype(np.float32)
        if isinstance(self.program.loss, CrossEntropy | NLL):
            classes = self.program.net.shape(self.shape)[-1]
            return x, rng.integers(0, classes, self.target)
        return x, rng.random(self.target).astype(np.float32)


def problem(net: Op, loss: Any, optimizer: Any, shapes: Any, targets: Any) -> Problem:
    """The step of a network. Raises UsageError without a loss or an optimizer."""
    if loss is None or optimizer is None or len(shapes) != 1:
        raise UsageError(
            "measuring runs whole training steps: give a network with one input, a loss, an "
            "optimizer, and the convention headline or strict"
        )
    return Problem(Program(net, loss, optimizer), tuple(shapes[0]), tuple(targets[1]))


def fits(peak: int) -> None:
    """Raise UsageError if a step needs more than half of this machine's memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    if peak > SHARE * memory:
        raise UsageError(
            "a step needs {needed:.1f} GB and this machine has {memory:.1f}: "
            "measure with a smaller batch size or network",
            needed=peak / 1e9,
            memory=memory / 1e9,
        )
