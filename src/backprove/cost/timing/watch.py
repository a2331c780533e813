"""A network whose operators are watched one by one while it runs.

The network itself is left alone: the operators that run are shallow copies.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from backprove.composite import Composite
from backprove.net import Parallel, Residual
from backprove.op import Op

Watch = Callable[[str, str, Callable[..., Any], tuple[Any, ...]], Any]
"""`watch(row, pass, run, arguments)` calls `run(*arguments)` and returns what it gave."""


def watched(op: Op, watch: Watch, name: str = "") -> Op:
    """The same operator; every operator in it, and every join of branches, runs under `watch`.

    The names are those of the rows of a count.
    """
    seen = copy.copy(op)
    if isinstance(seen, Composite):
        parts = seen.parts.items()
        seen.parts = {k: watched(p, watch, f"{name}.{k}" if name else k) for k, p in parts}
        if not isinstance(seen, Residual | Parallel):
            return seen
    fwd, bwd, row = seen.fwd, seen.bwd, name or "0"

    def forward(inputs: tuple[Any, ...], values: dict[str, Any]) -> Any:
        return fwd(*inputs, **values)

    def backward(saved: Any, dy: Any, options: dict[str, Any]) -> Any:
        return bwd(saved, dy, **options)

    vars(seen)["fwd"] = lambda *x, **values: watch(row, "forward", forward, (x, values))
    vars(seen)["bwd"] = lambda saved, dy, **k: watch(row, "backward", backward, (saved, dy, k))
    return seen


class WatchedOptimizer:
    """An optimizer that updates the parameters of each row by themselves, under `watch`."""

    def __init__(self, optimizer: Any, watch: Watch) -> None:
        self.optimizer, self.watch = optimizer, watch
        self.rate, self.init = optimizer.rate, optimizer.init

    def update(self, params: Any, grads: Any, state: Any, step: Any, rate: Any) -> Any:
        """See `Optimizer.update`."""
        new: dict[str, Any] = {}
        kept: dict[str, Any] = {slot: {} for slot in state}
        for row, names in rows_of(params).items():
            own = [{k: tree[k] for k in names} for tree in (params, grads)]
            slots = {slot: {k: tree[k] for k in names} for slot, tree in state.items()}
            arguments = (*own, slots, step, rate)
            found = self.watch(row, "optimizer", self.optimizer.update, arguments)
            new |= found[0]
            for slot in state:
                kept[slot] |= found[1][slot]
        return new, kept


def rows_of(params: Any) -> dict[str, list[str]]:
    """The parameters' names by the row that owns them."""
    found: dict[str, list[str]] = {}
    for name in params:
        found.setdefault(name.rpartition(".")[0] or "0", []).append(name)
    return found
