"""The engine on PyTorch's compiler: forward, backward and update of a step as one program.

The operations of our own step are recorded once for each batch size and handed to `torch.compile`,
which fuses what lies between the matrix products and works in place. It needs a C++ compiler.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch.utils import _pytree as pytree

from backprove.errors import UsageError
from backprove.optim.base import Optimizer
from backprove.train.engine import Run
from backprove.train.engine.recorded import Step, compiled, scalar_rows
from backprove.train.engine.torch import TorchEngine
from backprove.train.step import Program, Tree, draws, gradients_of, keys, tree_map


class CompiledTorchEngine(TorchEngine):
    """Compiles a step for each batch size. Parameters and slots are updated in place."""

    def __init__(self, program: Program, precision: str = "float32") -> None:
        _refuse(program)
        super().__init__(program, precision)
        self._steps: dict[tuple[Any, ...], Step] = {}

    def run(
        self, state: Tree, data: tuple[Any, Any], order: Any, first: int, count: int, size: int
    ) -> Run:
        """See `Engine.run`. The arrays of `state` are no longer the caller's."""
        if state is not self._state:
            state = self._own(state)
        kept = {k: state[k] for k in ("params", "stats", "optimizer")}
        drawn, table = self._keys(state, count), scalar_rows(self._scalars(state, count))
        fixed = (kept, self._rounded, *data)
        known = pytree.tree_leaves(fixed)
        made = (size, order.dtype, *((a.shape, a.stride(), a.dtype) for a in data))
        entries: list[Tree] = []
        with torch.no_grad(), np.errstate(all="ignore"):
            for i, row in enumerate(table):
                rows = order[first + i * size : first + (i + 1) * size]
                if made in self._steps:
                    entry = self._steps[made]([*known, rows, *drawn[i], row])
                else:
                    self._steps[made], entry = compiled(self._step, (*fixed, rows, drawn[i], row))
                entries.append(entry)
                if not math.isfinite(entry["loss"]):
                    break
        logs = {k: np.stack([e[k].numpy() for e in entries]) for k in entries[0]}
        after = int(state["step"]) + int(np.isfinite(logs["loss"]).sum())
        self._state = {**state, "step": np.asarray(after, dtype=np.int32)}
        return Run(self._state, logs, len(entries))

    def _own(self, state: Tree) -> Tree:
        """The state in arrays that nobody else holds, with the rounded copies."""
        parts = ("params", "stats", "optimizer")
        copied = {k: tree_map(_copy, v) if k in parts else v for k, v in state.items()}
        self._rounded = {k: copied["params"][k].bfloat16() for k in self._half}
        return copied

    def _scalars(self, state: Tree, count: int) -> list[dict[str, float]]:
        """What the optimizer's rule needs in each of the next steps."""
        optimizer, step, scale = self.program.optimizer, int(state["step"]), state["rate_scale"]
        rates = [float(optimizer.rate(i)) * float(scale) for i in range(step, step + count)]
        return [optimizer.scalars(step + i, rate) for i, rate in enumerate(rates)]

    def _keys(self, state: Tree, count: int) -> list[list[Any]]:
        """The random keys of each of the next steps: of those for the transform and the network,
        the ones that are needed."""
        steps = np.arange(count, dtype=np.uint32) + np.uint32(state["step"])
        made = keys(self.program, np.asarray(state["key"]), steps)
        wide = [torch.from_numpy(k.T.astype(np.int64, order="C")) for k in made if k is not None]
        return [[k[i] for k in wide] for i in range(count)]

    def _step(self, kept: Tree, rounded: Tree, x: Any, target: Any, *more: Any) -> Tree:
        """One step, whose state is written over unless its loss is not finite.

        `more` are the rows of the batch, the keys of the step and its scalars, as `run` makes them.
        """
        rows, needed, row = more
        for_data, for_net = draws(self.program)
        drawn = needed[0] if for_data else None, needed[-1] if for_net else None
        params, slots = kept["params"], kept["optimizer"]
        names = self.program.optimizer.scalars(0, 0.0)
        scalars = {name: row[i] for i, name in enumerate(names)}
        state = {"params": {**params, **rounded}, "stats": kept["stats"]}
        grads, stats, entry = gradients_of(self.program, state, drawn, x[rows], target[rows])
        new, moved = self.program.optimizer.advance(params, grads, slots, scalars)
        finite = torch.isfinite(entry["loss"])
        after = {"params": new, "stats": {**kept["stats"], **stats}, "optimizer": moved}
        _write(finite, kept, after)
        _write(finite, rounded, {k: new[k].bfloat16() for k in rounded})
        return entry


def _copy(x: Any) -> Any:
    return x.clone(memory_format=torch.contiguous_format)


def _write(finite: Any, old: Tree, new: Tree) -> None:
    for name, x in old.items():
        if isinstance(x, dict):
            _write(finite, x, new[name])
        elif x is not new[name]:
            x.copy_(torch.where(finite, new[name], x))


def _refuse(program: Program) -> None:
    """Raise UsageError for what cannot be recorded as operations on arrays alone."""
    if type(program.optimizer).update is not Optimizer.update:
        raise UsageError(
            "the torch-compiled engine updates in every step: choose engine='jax' or 'torch' to "
            "accumulate gradients"
        )
