"""Every vector of truth.toml, exact through PyTorch and through Paddle."""

from __future__ import annotations

from functools import cache

import pytest
from tests.cost.vectors import NAMES, VECTORS, networks, shapes
from tests.support import ask

from backprove.cost.frameworks import cost_of_file

EXTRA = {"residual-block": 512}
"""Elements of the sum of the residual connection, beside those of the activation."""
BACKWARD = {"layernorm-train-b64": "BehindLinear"}
"""Where the gradient of the input is wanted: a network with a layer in front."""
FIELDS = {
    *("id", "net", "input", "input2", "notes", "wrong"),
    *("params", "macs", "bias_adds", "act_elements", "step_matmul_flop", "adam_flop"),
    *("flop_strict", "flop_strict_backward", "saved_floats_per_sample"),
}


@cache
def count(library: str, vector: str, convention: str):
    ask(library)
    place = f"{networks(library)}::{BACKWARD.get(vector, NAMES[vector])}"
    return cost_of_file(
        place,
        shapes(vector, library),
        optimizer="adam",
        loss="cross_entropy",
        convention=convention,
    )


LIBRARIES = pytest.mark.parametrize("library", ["torch", "paddle"])


def having(field: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("vector", [v for v in VECTORS if field in VECTORS[v]])


def test_every_vector_and_every_field_is_checked() -> None:
    assert set(NAMES) == set(VECTORS)
    assert {field for vector in VECTORS.values() for field in vector} <= FIELDS


@LIBRARIES
@pytest.mark.parametrize("vector", VECTORS)
def test_parameters_and_multiply_adds(library, vector) -> None:
    found, given = count(library, vector, "headline"), VECTORS[vector]
    rows = [row for row in found.rows if vector != "layernorm-train-b64" or row.name == "norm"]
    assert sum(row.parameters for row in rows if row.tied_to is None) == given["params"]
    assert sum(row.amount("forward", "mac") for row in rows) == given["macs"]
    assert found.complete


@LIBRARIES
@having("act_elements")
def test_headline(library, vector) -> None:
    """Two for a multiply-add, one for a bias addition and for an element of an activation."""
    found, given = count(library, vector, "headline"), VECTORS[vector]
    single = given["bias_adds"] + given["act_elements"] + EXTRA.get(vector, 0)
    assert found.operations("forward") == 2 * given["macs"] + single


@LIBRARIES
@having("bias_adds")
def test_bias_additions(library, vector) -> None:
    found, given = count(library, vector, "headline"), VECTORS[vector]
    rest = given.get("act_elements", 0) + EXTRA.get(vector, 0)
    assert found.operations("forward") - 2 * given["macs"] - rest == given["bias_adds"]


@LIBRARIES
@having("step_matmul_flop")
def test_products_of_a_step_and_adam(library, vector) -> None:
    found, given = count(library, vector, "headline"), VECTORS[vector]
    macs = [found.operations(p, "mac") for p in ("forward", "dx", "dweight")]
    assert 2 * sum(macs) == given["step_matmul_flop"]
    assert found.operations("optimizer") == given["adam_flop"]


@LIBRARIES
@having("saved_floats_per_sample")
def test_kept_for_backward(library, vector) -> None:
    """Both frameworks keep the input, pre-activations and activations; the loss the logits."""
    found, given = count(library, vector, "headline"), VECTORS[vector]
    assert found.totals["memory"]["saved"] == 4 * given["saved_floats_per_sample"]


@LIBRARIES
@having("flop_strict")
def test_strict(library, vector) -> None:
    found, given = count(library, vector, "strict"), VECTORS[vector]
    rows = [row for row in found.rows if vector != "layernorm-train-b64" or row.name == "norm"]
    assert sum(row.amount("forward") for row in rows) == given["flop_strict"]
    if "flop_strict_backward" in given:
        assert sum(row.backward["flop"] for row in rows) == given["flop_strict_backward"]
