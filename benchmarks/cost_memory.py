"""Predicted peak memory of a training step: traced in NumPy, as the compiler plans it in JAX."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import numpy as np

from backprove import LeakyReLU, Linear, ReLU, Residual, Sequential, ops
from backprove.cost import cost
from backprove.optim import optimizer
from backprove.tables import text_table
from backprove.train.engine.numpy import NumPyEngine
from backprove.train.step import Program, initial_state, train_step

BLOCK = Residual(Sequential(Linear(128, 128), ReLU(), Linear(128, 128)))
NETWORKS = {
    "course": (
        Sequential(
            Linear(784, 1500), LeakyReLU(), Linear(1500, 500), LeakyReLU(), Linear(500, 10)
        ), 784, 64, "adam",
    ),
    "784-64-10": (Sequential(Linear(784, 64), LeakyReLU(), Linear(64, 10)), 784, 4096, "adam"),
    "wide sigmoid": (
        Sequential(Linear(64, 2048), ops.operator("Sigmoid"), Linear(2048, 10)), 64, 1024, "sgd"
    ),
    "GELU": (
        Sequential(Linear(64, 512), ops.operator("GELU"), Linear(512, 10)), 64, 2048, "momentum"
    ),
    "layer norm": (
        Sequential(
            Linear(64, 128), ops.operator("LayerNorm", normalized_shape=128), ReLU(),
            Linear(128, 10),
        ), 64, 2048, "adam",
    ),
    "residual": (Sequential(Linear(64, 128), BLOCK, Linear(128, 10)), 64, 2048, "momentum"),
}  # fmt: skip


def main() -> None:
    """One network a row; kept for backward is part of the peak."""
    rows = []
    for name, (net, width, batch, named) in NETWORKS.items():
        memory = cost(net, width, batch_size=batch, optimizer=named, loss="cross_entropy").totals[
            "memory"
        ]
        real = _peak(net, width, batch, named)
        found = {"numpy": (memory["peak"], real)}
        found["jax"] = (memory["compiled_peak"], compiled_peak(net, width, batch, named))
        for engine, sizes in found.items():
            shown = [f"{size / 2**20:.2f}" for size in (memory["saved"], *sizes)]
            rows.append([name, str(batch), engine, *shown, f"{sizes[0] / sizes[1]:.3f}"])
    headings = ["network", "batch", "engine", "kept (MiB)", "predicted (MiB)", "measured (MiB)"]
    print(text_table([*headings, "ratio"], rows, right=(1, 3, 4, 5, 6)))


def compiled_peak(net: Any, width: int, batch: int, named: str) -> int:
    """What the compiled step holds: arguments, results and intermediate arrays."""
    import jax

    program = Program(net, ops.operator("CrossEntropy"), optimizer(named))
    data = np.zeros((batch, width), np.float32), np.zeros(batch, np.int32)
    step = jax.jit(lambda state, *data: train_step(program, state, *data)[0], donate_argnums=0)
    found = step.lower(initial_state(program, 0), *data).compile().memory_analysis()
    used = found.argument_size_in_bytes + found.output_size_in_bytes + found.temp_size_in_bytes
    return int(used - found.alias_size_in_bytes)


def _peak(net: Any, width: int, batch: int, named: str) -> int:
    """The most bytes held during a step, after one that warms up."""
    program = Program(net, ops.operator("CrossEntropy"), optimizer(named))
    rng, order = np.random.default_rng(0), np.arange(batch)
    data = rng.standard_normal((batch, width)).astype(np.float32), rng.integers(0, 10, batch)
    engine = NumPyEngine(program)
    engine.run(initial_state(program, 0), data, order, 0, 1, batch)
    gc.collect()
    tracemalloc.start()
    state = initial_state(program, 0)
    tracemalloc.reset_peak()
    engine.run(state, data, order, 0, 1, batch)
    found = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return found
