"""Predicted memory against traced allocations of the NumPy engine."""

from __future__ import annotations

import gc
import tracemalloc

import numpy as np
import pytest
from benchmarks.cost_memory import compiled_peak

from backprove import LeakyReLU, Linear, ReLU, Residual, Sequential, ops, random
from backprove.cost import cost
from backprove.cost.temporaries import TEMPORARIES, USUAL
from backprove.optim import optimizer
from backprove.train.engine.numpy import NumPyEngine
from backprove.train.step import Program, initial_state


def measured_peak(net, shape, batch, named) -> int:
    """The most bytes held during one step, parameters, optimizer state and batch included."""
    program = Program(net, ops.operator("CrossEntropy"), optimizer(named))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((batch, *shape)).astype(np.float32)
    target = rng.integers(0, 10, batch)
    engine, order = NumPyEngine(program), np.arange(batch)
    engine.run(initial_state(program, 0), (x, target), order, 0, 1, batch)
    gc.collect()
    tracemalloc.start()
    try:
        state = initial_state(program, 0)
        tracemalloc.reset_peak()
        engine.run(state, (x, target), order, 0, 1, batch)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def deep(width, depth, name):
    parts = [p for _ in range(depth) for p in (Linear(width, width), ops.operator(name))]
    return Sequential(*parts, Linear(width, 10))


def normalised(name, **options):
    return Sequential(
        Linear(64, 128), ops.operator(name, **options), ReLU(), Linear(128, 128), ReLU(),
        Linear(128, 10),
    )  # fmt: skip


def block():
    return Residual(Sequential(Linear(128, 128), ReLU(), Linear(128, 128)))


NETWORKS = {
    "course": (
        Sequential(
            Linear(784, 1500), LeakyReLU(), Linear(1500, 500), LeakyReLU(), Linear(500, 10)
        ), 784, 64, "adam",
    ),
    "wide batch": (Sequential(Linear(784, 64), LeakyReLU(), Linear(64, 10)), 784, 4096, "adam"),
    "deep relu": (deep(64, 8, "ReLU"), 64, 2048, "sgd"),
    "deep sigmoid": (deep(64, 8, "Sigmoid"), 64, 2048, "sgd"),
    "deep gelu": (deep(64, 8, "GELU"), 64, 2048, "sgd"),
    "layer norm": (normalised("LayerNorm", normalized_shape=128), 64, 2048, "momentum"),
    "batch norm": (normalised("BatchNorm1D", num_features=128), 64, 2048, "momentum"),
    "dropout": (normalised("Dropout"), 64, 2048, "momentum"),
    "residual": (
        Sequential(Linear(64, 128), block(), block(), Linear(128, 10)), 64, 2048, "momentum"
    ),
    "one wide layer": (
        Sequential(Linear(64, 2048), ops.operator("Sigmoid"), Linear(2048, 10)), 64, 1024, "sgd"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_the_predicted_peak_is_within_a_tenth_of_the_real_one(name) -> None:
    net, width, batch, named = NETWORKS[name]
    found = cost(net, (width,), batch_size=batch, optimizer=named, loss="cross_entropy")
    real = measured_peak(net, (width,), batch, named)
    assert found.totals["memory"]["peak"] == pytest.approx(real, rel=0.1)


COMPILED = ["course", "wide batch", "deep sigmoid", "deep gelu", "residual", "one wide layer"]
"""Without normalisation and dropout, of which the compiler keeps an array or two more."""


@pytest.mark.parametrize("name", COMPILED)
def test_the_predicted_peak_of_a_compiled_step(name) -> None:
    net, width, batch, named = NETWORKS[name]
    found = cost(net, (width,), batch_size=batch, optimizer=named, loss="cross_entropy")
    real = compiled_peak(net, width, batch, named)
    assert found.totals["memory"]["compiled_peak"] == pytest.approx(real, rel=0.1)


OPTIONS = {
    "BatchNorm1D": {"num_features": 512},
    "LayerNorm": {"normalized_shape": 512},
    "RMSNorm": {"normalized_shape": 512},
}


def traced(run) -> tuple[object, int]:
    gc.collect()
    tracemalloc.start()
    try:
        with np.errstate(all="ignore"):
            found = run()
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", [*TEMPORARIES, "LeakyReLU", "ELU"])
def test_intermediate_arrays_of_operators(name) -> None:
    op = ops.operator(name, **OPTIONS.get(name, {}))
    x = np.random.default_rng(0).standard_normal((1024, 512)).astype(np.float32)
    values = {**op.init(), "training": True, "key": random.key(0)}
    op.fwd(x, **values)
    (y, saved), forward = traced(lambda: op.fwd(x, **values))
    dy = np.ones_like(y)
    _, backward = traced(lambda: op.bwd(saved, dy))
    expected = TEMPORARIES.get(name, USUAL)
    found = [(forward - y.nbytes) / y.nbytes, (backward - x.nbytes) / y.nbytes]
    assert found == pytest.approx(expected, abs=0.1)
