"""Updates with the wrong sign, of old gradients, or of only some parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backprove.arrays import cast
from backprove.counts import Count
from backprove.errors import unknown
from backprove.optim.base import Optimizer, Tree, zeros
from backprove.train.config import MistakesConfig


def with_wrong_update(mistakes: MistakesConfig, optimizer: Optimizer) -> Optimizer:
    """The optimizer with the mistakes that concern it; itself if there are none."""
    if not (mistakes.ascent or mistakes.kept_gradients or mistakes.frozen):
        return optimizer
    return WrongUpdate(
        optimizer.learning_rate,
        optimizer=optimizer,
        ascent=mistakes.ascent,
        kept_gradients=mistakes.kept_gradients,
        frozen=tuple(mistakes.frozen),
    )


@dataclass(frozen=True)
class WrongUpdate(Optimizer):
    """An optimizer that is used wrongly.

    ascent           the update is added where it is to be taken away
    kept_gradients   gradients are never set to zero: each step uses the sum of all so far
    frozen           names of parameters, or beginnings of names, that are never updated
    """

    optimizer: Optimizer = field(kw_only=True)
    ascent: bool = field(kw_only=True)
    kept_gradients: bool = field(kw_only=True)
    frozen: tuple[str, ...] = field(kw_only=True)

    @property
    def slots(self) -> tuple[str, ...]:
        return (*(("sum",) if self.kept_gradients else ()), *self.optimizer.slots)

    def rate(self, step: Any) -> Any:
        """The learning rate of the optimizer."""
        return self.optimizer.rate(step)

    def init(self, params: Tree) -> dict[str, Tree]:
        """The state of the optimizer. Raises UsageError if a frozen name is none of `params`."""
        for name in self.frozen:
            if not any(self._means(name, known) for known in params):
                raise unknown("parameter", name, params)
        inner = self.optimizer.init(params)
        return (
            {"sum": {k: zeros(w) for k, w in params.items()}, **inner}
            if (self.kept_gradients)
            else inner
        )

    def update(
        self, params: Tree, grads: Tree, state: dict[str, Tree], step: Any, rate: Any
    ) -> tuple[Tree, dict[str, Tree]]:
        """New parameters and state. See `Optimizer.update`."""
        kept: dict[str, Tree] = {}
        if self.kept_gradients:
            grads = {k: s + cast(grads[k], s.dtype) for k, s in state["sum"].items()}
            kept = {"sum": grads}
        inner = {slot: state[slot] for slot in self.optimizer.slots}
        signed = -rate if self.ascent else rate
        new, rest = self.optimizer.update(params, grads, inner, step, signed)
        stays = {k for k in params for name in self.frozen if self._means(name, k)}
        return {k: params[k] if k in stays else w for k, w in new.items()}, {**kept, **rest}

    def _means(self, name: str, known: str) -> bool:
        return known == name or known.startswith(name + ".")

    def work(self) -> Count:
        """That of the optimizer, and the sum."""
        return Count(flop=int(self.kept_gradients)) + self.optimizer.cost()
