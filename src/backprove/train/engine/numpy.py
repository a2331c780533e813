"""The eager engine: every step in NumPy, operator by operator."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.train.engine import Run
from backprove.train.step import Program, Tree, apply, gradients, log, outputs, tree_map


class NumPyEngine:
    """Runs the steps one by one. Overflow and NaN are results here, not warnings."""

    capacity = 32

    def __init__(self, program: Program) -> None:
        self.program = program

    def put(self, tree: Any) -> Any:
        """Arrays as NumPy arrays."""
        return tree_map(np.asarray, tree) if isinstance(tree, dict) else np.asarray(tree)

    def run(
        self, state: Tree, data: tuple[Any, Any], order: Any, first: int, count: int, size: int
    ) -> Run:
        """See `Engine.run`."""
        entries: list[Tree] = []
        with np.errstate(all="ignore"):
            for i in range(count):
                rows = order[first + i * size : first + (i + 1) * size]
                grads, stats, entry = gradients(self.program, state, data[0][rows], data[1][rows])
                entries.append(entry)
                if not np.isfinite(entry["loss"]):
                    break
                state = apply(self.program, state, grads, stats)
        logs = {k: np.stack([np.asarray(e[k]) for e in entries]) for k in entries[0]}
        return Run(state, logs, len(entries))

    def outputs(self, state: Tree, x: Any) -> Any:
        """See `Engine.outputs`."""
        with np.errstate(all="ignore"):
            return outputs(self.program, state, x)

    def evaluate(self, state: Tree, x: Any, target: Any) -> Tree:
        """See `Engine.evaluate`."""
        with np.errstate(all="ignore"):
            y = outputs(self.program, state, x)
            return log(self.program, y, target, self.program.loss.fwd(y, target)[0])
