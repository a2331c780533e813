"""Accumulating gradients over several small batches before an update."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from backprove.arrays import cast, library
from backprove.counts import Count
from backprove.optim._checks import whole
from backprove.optim.base import Optimizer, Tree, zeros


def accumulate(optimizer: Optimizer, every: int) -> Optimizer:
    """The optimizer that updates at each `every`-th call with the mean of the gradients.

    It has the same interface, so it can stand in a compiled loop. The result is that of one step
    on the batches joined, if the loss is a mean and they have one size. `step` counts calls;
    the inner optimizer and its schedule count updates, `step // every`. Gradients are clipped
    after the mean. Gradients of an incomplete round at the end of an epoch wait for the next one.

    Raises UsageError if `every` is no whole number of at least 1.
    """
    every = whole("accumulate", "every", every, 1)
    if isinstance(optimizer, Accumulated):
        return accumulate(optimizer.optimizer, every * optimizer.every)
    return Accumulated(optimizer.learning_rate, optimizer=optimizer, every=every)


@dataclass(frozen=True)
class Accumulated(Optimizer):
    """What `accumulate` makes; `accumulated` in its state is the running sum of gradients."""

    optimizer: Optimizer = field(kw_only=True)
    every: int = field(kw_only=True)

    @property
    def slots(self) -> tuple[str, ...]:
        return ("accumulated", *self.optimizer.slots)

    def rate(self, step: Any) -> Any:
        """The learning rate of the update that the call number `step` belongs to."""
        return self.optimizer.rate(step // self.every)

    def init(self, params: Tree) -> dict[str, Tree]:
        """Zeros, and the state of the inner optimizer."""
        return {"accumulated": super().init(params)["accumulated"], **self.optimizer.init(params)}

    def update(
        self, params: Tree, grads: Tree, state: dict[str, Tree], step: Any, rate: Any
    ) -> tuple[Tree, dict[str, Tree]]:
        """New state, and at the last call of a round new parameters. See `Optimizer.update`."""
        self._check(params, grads, state)
        inner = {slot: state[slot] for slot in self.optimizer.slots}
        total = {name: s + cast(grads[name], s.dtype) for name, s in state["accumulated"].items()}

        def finish() -> tuple[Tree, dict[str, Tree]]:
            mean = {name: s / self.every for name, s in total.items()}
            done, kept = self.optimizer.update(params, mean, inner, step // self.every, rate)
            return done, {"accumulated": {k: zeros(s) for k, s in total.items()}, **kept}

        def wait() -> tuple[Tree, dict[str, Tree]]:
            return dict(params), {"accumulated": total, **inner}

        last = (step + 1) % self.every == 0
        if library(last) == "jax.numpy":
            from jax import lax

            return lax.cond(last, finish, wait)  # type: ignore[no-any-return]
        return finish() if last else wait()

    def work(self) -> Count:
        """Of one round: the sums, the division, and the inner optimizer's update."""
        return Count(flop=self.every + 1) + self.optimizer.cost()
