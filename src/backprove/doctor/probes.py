"""Looks at a network in training that change nothing: outputs, losses, gradients, curvature."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.arrays import is_floating
from backprove.doctor.layers import Layer, Values, values_of
from backprove.train.step import Program, Tree, keys
from backprove.train.watch import watched


class Probes:
    """What a run answers about its state; inputs are what the network is given."""

    layers: list[Layer]
    step_count: int
    _program: Program
    _state: Tree

    def outputs(self, x: Any, params: Tree | None = None) -> Any:
        with np.errstate(all="ignore"):
            return self._forward(x, params, False, "float32")[0]

    def loss_on(self, x: Any, y: Any, params: Tree | None = None) -> float:
        return self.loss_of(self.outputs(x, params), y)

    def loss_of(self, outputs: Any, y: Any) -> float:
        """The training loss of given outputs."""
        with np.errstate(all="ignore"):
            return float(self._program.loss.fwd(outputs, y)[0])

    def gradient(
        self, x: Any, y: Any, params: Tree | None = None, dtype: str = "float32"
    ) -> tuple[float, Tree]:
        program = self._program
        with np.errstate(all="ignore"):
            out, saved = self._forward(x, params, True, dtype)
            value, kept = program.loss.fwd(out, y)
            (dy, *_), _ = program.loss.bwd(kept, np.ones_like(value))
            return float(value), program.net.bwd(saved, dy, input_grad=False)[1]

    def input_gradient(self, part: str, x: Any, y: Any, params: Tree) -> Any:
        """The gradient of the loss by what the part of this name is given."""
        found: dict[str, Any] = {}

        def record(name: str, op: Any, kind: str, value: Any) -> None:
            if kind == "gradient":
                found[name] = value

        program = self._program
        with np.errstate(all="ignore"):
            net = watched(program.net, record)
            out, saved = self._forward(x, params, True, "float32", net)
            value, kept = program.loss.fwd(out, y)
            (dy, *_), _ = program.loss.bwd(kept, np.ones_like(value))
            net.bwd(saved, dy, input_grad=False)
        return found[part]

    def hessian_vector(self, v: Tree, x: Any, y: Any, dtype: str = "float64") -> Tree:
        """(g(w + e v) - g(w - e v)) / 2e with |e v| = 1e-5 (1 + |w|), 1e-2 (1 + |w|) in float32."""
        params = self._state["params"]
        size = _norm(v)
        if size == 0.0 or not np.isfinite(size):
            return {k: np.full(w.shape, 0.0 if size == 0.0 else np.nan) for k, w in params.items()}
        e = (1e-5 if dtype == "float64" else 1e-2) * (1.0 + _norm(params)) / size
        ends = []
        for sign in (e, -e):
            moved = {k: w.astype(dtype) + sign * v[k] for k, w in params.items()}
            ends.append(self.gradient(x, y, moved, dtype)[1])
        with np.errstate(all="ignore"):
            return {k: (ends[0][k] - ends[1][k]) / (2 * e) for k in params}

    def activations(self, x: Any, training: bool = False) -> list[Values]:
        outputs: dict[str, Any] = {}

        def record(name: str, op: Any, kind: str, value: Any) -> None:
            outputs[name] = value

        with np.errstate(all="ignore"):
            self._forward(x, None, training, "float32", watched(self._program.net, record))
        return values_of(self.layers, outputs)

    def _forward(
        self, x: Any, params: Tree | None, training: bool, dtype: str, net: Any = None
    ) -> Any:
        state = self._state
        values = {**(state["params"] if params is None else params), **state["stats"]}
        if dtype != "float32":
            values = {k: np.asarray(v, dtype=dtype) for k, v in values.items()}
        x = x.astype(dtype) if is_floating(x) and x.dtype != dtype else x
        if training:
            step = np.int32(self.step_count)
            values["key"] = keys(self._program, state["key"], step)[1]
        return (net or self._program.net).fwd(x, **values, training=training)


def _norm(tree: Tree) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(sum(float(np.sum(np.square(v, dtype="f8"))) for v in tree.values())))
