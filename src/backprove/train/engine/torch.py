"""The engine on PyTorch's arrays: our operators, its matrix products and fused optimizers.

Nothing of autograd is used. Parameters and what the optimizer keeps are updated in place.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import torch

from backprove.op import Gradients
from backprove.train.engine import Run
from backprove.train.engine.fused import fused
from backprove.train.engine.half import half_names, with_half_products
from backprove.train.step import Program, Tree, apply, gradients, log, outputs, tree_map
from backprove.train.wrapped import Wrapped

SMALL = 2**15
"""Outputs of at most so many elements are compared with their targets by NumPy, whose calls cost
less than PyTorch's."""


class HostOutputs(Wrapped):
    """A network on tensors whose outputs, and the gradients it is given, are NumPy's."""

    def fwd(self, *inputs: Any, **values: Any) -> tuple[Any, dict[str, Any]]:
        y, saved = self.op.fwd(*inputs, **values)
        return y.numpy(), saved

    def bwd(self, saved: dict[str, Any], dy: Any, *, input_grad: bool = True) -> Gradients:
        return self.op.bwd(saved, _tensor(dy), input_grad=input_grad)


class TorchEngine:
    """Runs the steps one by one. With precision "bf16" linear layers multiply in bfloat16, while
    parameters, their updates and all else stay float32."""

    capacity = 256

    def __init__(self, program: Program, precision: str = "float32") -> None:
        half = precision == "bf16"
        self.program = replace(program, net=with_half_products(program.net)) if half else program
        self._host = replace(self.program, net=HostOutputs(self.program.net))
        self._half = [n for n in half_names(self.program.net) if n in program.net.parameters()]
        self._state: Tree | None = None

    def put(self, tree: Any) -> Any:
        """Arrays as tensors; random key, step and factor of the rate stay NumPy's."""
        if not isinstance(tree, dict):
            return _tensor(tree)
        parts = ("params", "stats", "optimizer")
        return {k: tree_map(_tensor, v) if k in parts else np.asarray(v) for k, v in tree.items()}

    def run(
        self, state: Tree, data: tuple[Any, Any], order: Any, first: int, count: int, size: int
    ) -> Run:
        """See `Engine.run`. The arrays of `state` are no longer the caller's."""
        entries: list[Tree] = []
        x, target = data
        shape = self.program.net.shape((size, *x.shape[1:]))
        program = self._host if prod(shape) <= SMALL else self.program
        target = target.numpy() if program is self._host else target
        if state is not self._state:
            state = self._own(state)
        with torch.inference_mode(), np.errstate(all="ignore"):
            for i in range(count):
                rows = order[first + i * size : first + (i + 1) * size]
                computed = {**state, "params": {**state["params"], **self._rounded}}
                grads, stats, entry = gradients(program, computed, x[rows], target[rows])
                entries.append(entry)
                if not np.isfinite(float(entry["loss"])):
                    break
                state = self._apply(state, grads, stats)
        self._state = state
        logs = {k: np.stack([np.asarray(e[k]) for e in entries]) for k in entries[0]}
        return Run(state, logs, len(entries))

    def outputs(self, state: Tree, x: Any) -> Any:
        """See `Engine.outputs`."""
        with torch.inference_mode():
            return outputs(self.program, state, x).numpy()

    def evaluate(self, state: Tree, x: Any, target: Any) -> Tree:
        """See `Engine.evaluate`."""
        with torch.inference_mode():
            y = outputs(self.program, state, x)
            return log(self.program, y, target, self.program.loss.fwd(y, target)[0])

    def _own(self, state: Tree) -> Tree:
        """The state in arrays that nobody else holds, with the kernel and the rounded copies."""
        with torch.inference_mode():
            copied = {
                k: tree_map(torch.clone, v) if k in ("params", "optimizer") else v
                for k, v in state.items()
            }
        params = copied["params"]
        self._fused = fused(self.program.optimizer, params, copied["optimizer"])
        self._rounded = {k: params[k].bfloat16() for k in self._half}
        return copied

    def _apply(self, state: Tree, grads: Tree, stats: Tree) -> Tree:
        if self._fused is None:
            state = apply(self.program, state, grads, stats)
        else:
            step = int(state["step"])
            rate = float(self.program.optimizer.rate(step)) * float(state["rate_scale"])
            self._fused.update(grads, step, rate)
            after = np.asarray(step + 1, dtype=np.int32)
            state = {**state, "stats": {**state["stats"], **stats}, "step": after}
        for name, rounded in self._rounded.items():
            rounded.copy_(state["params"][name])
        return state


def _tensor(x: Any) -> Any:
    """A tensor on the memory of a NumPy array, which is only read."""
    if isinstance(x, torch.Tensor):
        return x
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return torch.from_numpy(np.asarray(x))
