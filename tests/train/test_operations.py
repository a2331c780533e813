"""A training step that became slower is noticed without a clock: by the operations compiled for it.

operations.toml says for some networks what one step of the compiled loop consists of. Whoever
changes that on purpose writes the new numbers there, which the failing test prints.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

from backprove.train import config
from backprove.train.build import build_model

TABLE = tomllib.loads(Path(__file__).with_name("operations.toml").read_text())


@pytest.fixture(scope="module", params=TABLE)
def step(request) -> tuple[dict[str, Any], Any, Any]:
    """(row of the table, state, the lowered loop) of one network, in JAX's own setting for float64.

    Another test of this process may have switched it on.
    """
    with jax.enable_x64(False):
        return lowered_step(request)


def lowered_step(request) -> tuple[dict[str, Any], Any, Any]:
    """What `step` gives."""
    row = dict(TABLE[request.param])
    row["network"] = request.param
    spec = config.convert(row.pop("config"))
    model = build_model(spec, samples=1000)
    engine, state = model.engine(), model.state
    x = np.zeros((1000, spec.network.layers[0]), np.uint8)
    data, order = (x, np.zeros(1000, np.int32)), np.arange(1000, dtype=np.int32)
    first, count = np.int32(0), np.int32(3)
    size = spec.training.batch_size
    return row, state, engine._loop.lower(state, data, order, first, count, size=size)


@pytest.fixture(scope="module")
def optimized(step) -> str:
    """What XLA made of it."""
    return step[2].compile().as_text()


def test_operations_are_those_of_the_table(step) -> None:
    """`statements` of StableHLO, before XLA; the same on every machine."""
    row, _, lowered = step
    text = lowered.as_text()
    found = {
        "statements": len(re.findall(r"= (?:stablehlo|chlo)\.", text)),
        "products": text.count("stablehlo.dot_general"),
    }
    expected = {name: row[name] for name in found}
    assert found == expected, f"{row['network']}: now {found}, operations.toml says {expected}"


def test_products_are_three_for_each_layer_and_one_less(step, optimized) -> None:
    """Forward, gradient of the weight, gradient of the input, which the first layer needs not."""
    row, state, _ = step
    layers = sum(len(w.shape) == 2 for w in state["params"].values())
    products = 3 * layers - 1 + row.get("in_transforms", 0)
    assert row["products"] == products
    assert len(re.findall(r" dot\(| custom-call\(", optimized)) == products


def test_all_state_is_donated(step) -> None:
    """Every array of the state is overwritten in place."""
    _, state, lowered = step
    assert lowered.as_text().count("tf.aliasing_output") == len(jax.tree.leaves(state))


def test_no_weight_is_copied(step, optimized) -> None:
    _, state, _ = step
    matrices = {w.shape for w in state["params"].values() if len(w.shape) == 2}
    copied = re.findall(r"= \w+\[([\d,]+)\]\S* copy\(", optimized)
    assert copied, "XLA's text is written in another way: the expression must be changed"
    assert not matrices & {tuple(map(int, shape.split(","))) for shape in copied}


def test_nothing_is_computed_in_double_precision(step, optimized) -> None:
    assert "f64" not in step[2].as_text()
    assert "f64[" not in optimized
