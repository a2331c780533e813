"""The compiled engine: one jitted loop over many steps, its state donated."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from backprove.errors import UsageError
from backprove.train.engine import Run
from backprove.train.engine.compiled import keep_compiled
from backprove.train.step import Program, Tree, apply, gradients, log, outputs


class JaxEngine:
    """Compiles once for each batch size; the number of steps of a call is not compiled in."""

    capacity = 256

    def __init__(self, program: Program, device: str = "cpu") -> None:
        keep_compiled()
        self.program = program
        self.device = _device(device)
        self._loop = jax.jit(self._steps, static_argnames="size", donate_argnums=0)
        self._outputs = jax.jit(partial(outputs, program))
        self._evaluate = jax.jit(self._logged)

    def put(self, tree: Any) -> Any:
        """Arrays on the device."""
        return jax.device_put(tree, self.device)

    def run(
        self, state: Tree, data: tuple[Any, Any], order: Any, first: int, count: int, size: int
    ) -> Run:
        """See `Engine.run`."""
        start, stop = np.int32(first), np.int32(count)
        state, logs, done = self._loop(state, data, order, start, stop, size=size)
        steps = int(done)
        return Run(state, {k: np.asarray(v)[:steps] for k, v in logs.items()}, steps)

    def outputs(self, state: Tree, x: Any) -> Any:
        """See `Engine.outputs`."""
        return np.asarray(self._outputs(_forward_only(state), x))

    def evaluate(self, state: Tree, x: Any, target: Any) -> Tree:
        """See `Engine.evaluate`."""
        found = self._evaluate(_forward_only(state), x, target)
        return {k: np.asarray(v) for k, v in found.items()}

    def _logged(self, state: Tree, x: Any, target: Any) -> Tree:
        y = outputs(self.program, state, x)
        return log(self.program, y, target, self.program.loss.fwd(y, target)[0])

    def _steps(
        self, state: Tree, data: tuple[Any, Any], order: Any, first: Any, count: Any, size: int
    ) -> tuple[Tree, Tree, Any]:
        def batch(i: Any) -> tuple[Any, Any]:
            rows = lax.dynamic_slice_in_dim(order, first + i * size, size)
            return data[0][rows], data[1][rows]

        def body(carry: tuple[Tree, Tree, Any, Any]) -> tuple[Tree, Tree, Any, Any]:
            state, logs, i, _ = carry
            grads, stats, entry = gradients(self.program, state, *batch(i))
            finite = jnp.isfinite(entry["loss"])
            new = lax.cond(
                finite,
                lambda: apply(self.program, state, grads, stats),
                lambda: state,
            )
            logs = {k: logs[k].at[i].set(v) for k, v in entry.items()}
            return new, logs, i + 1, finite

        def going(carry: tuple[Tree, Tree, Any, Any]) -> Any:
            return (carry[2] < count) & carry[3]

        shapes = jax.eval_shape(lambda: gradients(self.program, state, *batch(jnp.int32(0)))[2])
        empty = {k: jnp.zeros((self.capacity, *s.shape), s.dtype) for k, s in shapes.items()}
        start = (state, empty, jnp.int32(0), jnp.asarray(True))
        state, logs, done, _ = lax.while_loop(going, body, start)
        return state, logs, done


def _forward_only(state: Tree) -> Tree:
    return {"params": state["params"], "stats": state["stats"]}


def _device(kind: str) -> Any:
    try:
        return jax.devices(kind)[0]
    except RuntimeError as error:
        raise UsageError(
            "device {kind!r} was asked for, but JAX sees only {found}: "
            "install the JAX of that device, or choose device='cpu'",
            kind=kind,
            found=", ".join(sorted({d.platform for d in jax.devices()})),
        ) from error
