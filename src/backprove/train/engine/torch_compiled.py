"""The engine on PyTorch's compiler: forward, backward and update of a step as one program.

The operations of our own step are recorded once for each batch size and handed to `torch.compile`,
which fuses what lies between the matrix products and works in place. It needs a C++ compiler.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.fx.experimental.proxy_tensor import make_fx

from backprove.errors import UsageError
from backprove.optim.base import Optimizer
from backprove.train.engine import Run
from backprove.train.engine.torch import TorchEngine
from backprove.train.step import Program, Tree, draws, gradients, tree_map

Step = Callable[..., Tree]


class CompiledTorchEngine(TorchEngine):
    """Compiles a step for each batch size. Parameters and slots are updated in place.

    Random operators and transforms are refused: their key would become a constant.
    """

    def __init__(self, program: Program, precision: str = "float32") -> None:
        _refuse(program)
        super().__init__(program, precision)
        self._steps: dict[int, Step] = {}

    def run(
        self, state: Tree, data: tuple[Any, Any], order: Any, first: int, count: int, size: int
    ) -> Run:
        """See `Engine.run`. The arrays of `state` are no longer the caller's."""
        entries: list[Tree] = []
        if state is not self._state:
            state = self._own(state)
        with torch.no_grad(), np.errstate(all="ignore"):
            for i in range(count):
                rows = order[first + i * size : first + (i + 1) * size]
                arrays = self._arrays(state, data, rows)
                if size in self._steps:
                    entries.append(self._steps[size](*arrays))
                else:
                    self._steps[size], entry = compiled(self._step, arrays)
                    entries.append(entry)
                if not np.isfinite(float(entries[-1]["loss"])):
                    break
                state = {**state, "step": np.asarray(int(state["step"]) + 1, dtype=np.int32)}
        self._state = state
        logs = {k: np.stack([e[k].numpy() for e in entries]) for k in entries[0]}
        return Run(state, logs, len(entries))

    def _own(self, state: Tree) -> Tree:
        """The state in arrays that nobody else holds, with the rounded copies."""
        parts = ("params", "stats", "optimizer")
        copied = {k: tree_map(torch.clone, v) if k in parts else v for k, v in state.items()}
        self._rounded = {k: copied["params"][k].bfloat16() for k in self._half}
        return copied

    def _arrays(self, state: Tree, data: tuple[Any, Any], rows: Any) -> tuple[Any, ...]:
        """Everything that a step depends on."""
        optimizer, step = self.program.optimizer, int(state["step"])
        rate = float(optimizer.rate(step)) * float(state["rate_scale"])
        scalars = {
            k: torch.tensor(v, dtype=torch.float32)
            for k, v in optimizer.scalars(step, rate).items()
        }
        kept = {k: state[k] for k in ("params", "stats", "optimizer")}
        return kept, self._rounded, *data, rows, scalars

    def _step(
        self, kept: Tree, rounded: Tree, x: Any, target: Any, rows: Any, scalars: Tree
    ) -> Tree:
        """One step, whose state is written over unless its loss is not finite."""
        params, slots = kept["params"], kept["optimizer"]
        state = {"params": {**params, **rounded}, "stats": kept["stats"], "key": None, "step": 0}
        grads, stats, entry = gradients(self.program, state, x[rows], target[rows])
        new, moved = self.program.optimizer.advance(params, grads, slots, scalars)
        finite = torch.isfinite(entry["loss"])
        after = {"params": new, "stats": {**kept["stats"], **stats}, "optimizer": moved}
        _write(finite, kept, after)
        _write(finite, rounded, {k: new[k].bfloat16() for k in rounded})
        return entry


def compiled(step: Step, arrays: tuple[Any, ...]) -> tuple[Step, Tree]:
    """The step for arrays of these shapes, and what its first run gave.

    PyTorch compiles in the first run. Raises UsageError where it cannot: nothing has run then.
    """

    def plain(kept: Tree, rounded: Tree, x: Any, target: Any, rows: Any, scalars: Tree) -> Tree:
        return step(kept, rounded, x, target, rows, scalars)

    try:
        recorded = make_fx(plain, tracing_mode="fake")(*arrays)
        recorded.graph.eliminate_dead_code()
        recorded.recompile()
        made: Step = torch.compile(recorded, dynamic=False, fullgraph=True)
        return made, made(*arrays)
    except Exception as error:
        raise UsageError(
            "PyTorch could not compile a step of this network ({reason}): choose engine='torch'",
            reason=f"{type(error).__name__}: {str(error).strip().splitlines()[0][:200]}",
        ) from error


def _write(finite: Any, old: Tree, new: Tree) -> None:
    for name, x in old.items():
        if isinstance(x, dict):
            _write(finite, x, new[name])
        elif x is not new[name]:
            x.copy_(torch.where(finite, new[name], x))


def _refuse(program: Program) -> None:
    """Raise UsageError for what cannot be recorded as operations on arrays alone."""
    if any(draws(program)):
        raise UsageError(
            "the torch-compiled engine draws no random numbers: choose engine='jax' or 'torch' for "
            "dropout and random transforms"
        )
    if type(program.optimizer).update is not Optimizer.update:
        raise UsageError(
            "the torch-compiled engine updates in every step: choose engine='jax' or 'torch' to "
            "accumulate gradients"
        )
