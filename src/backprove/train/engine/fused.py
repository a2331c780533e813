"""The optimizers that PyTorch has as one fused kernel, working on given arrays in place."""

from __future__ import annotations

from typing import Any

import torch

from backprove.optim import SGD, Adam, AdamW, Momentum, Nesterov
from backprove.optim.base import Optimizer
from backprove.train.step import Tree

ADAM = {"m": "exp_avg", "v": "exp_avg_sq"}
SGDS = {"velocity": "momentum_buffer"}


class Fused:
    """Updates parameters and slots in place with PyTorch's kernel.

    It computes the same formula as the optimizer's own rule, to rounding.
    """

    def __init__(self, optimizer: Optimizer, params: Tree, slots: dict[str, Tree]) -> None:
        self.optimizer, self.params = optimizer, params
        self.kernel, names = _kernel(optimizer, list(params.values()))
        self.steps = []
        for name, w in params.items():
            kept = {theirs: slots[ours][name] for ours, theirs in names.items() if ours in slots}
            if names is ADAM:
                kept["step"] = torch.tensor(0.0)
                self.steps.append(kept["step"])
            self.kernel.state[w] = kept

    def update(self, grads: Tree, step: int, rate: float) -> None:
        """One update with these gradients; `step` counts from 0."""
        grads = grads if self.optimizer.clip is None else self.optimizer.clip(grads)
        for name, w in self.params.items():
            w.grad = grads[name]
        for count in self.steps:
            count.fill_(step)
        self.kernel.param_groups[0]["lr"] = rate
        self.kernel.step()


def fused(optimizer: Any, params: Tree, slots: dict[str, Tree]) -> Fused | None:
    """The kernel of an optimizer; None where PyTorch has none."""
    known = type(optimizer) in (SGD, Momentum, Nesterov, Adam, AdamW)
    return Fused(optimizer, params, slots) if known and params else None


def _kernel(optimizer: Any, params: list[Any]) -> tuple[Any, dict[str, str]]:
    decay = {"weight_decay": optimizer.weight_decay, "fused": True}
    if isinstance(optimizer, Adam):
        cls = torch.optim.AdamW if isinstance(optimizer, AdamW) else torch.optim.Adam
        return cls(params, betas=optimizer.betas, eps=optimizer.eps, **decay), ADAM
    momentum = getattr(optimizer, "momentum", 0.0)
    nesterov = isinstance(optimizer, Nesterov) and momentum > 0.0
    return torch.optim.SGD(params, momentum=momentum, nesterov=nesterov, **decay), SGDS
