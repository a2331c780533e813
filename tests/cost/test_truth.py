"""Every vector of truth.toml, exact through PyTorch and through Paddle."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

import pytest
from tests.support import ask

from backprove.cost.frameworks import cost_of_file

HERE = Path(__file__).parent
VECTORS = {v["id"]: v for v in tomllib.loads((HERE / "truth.toml").read_text())["vector"]}
NAMES = {
    "mlp-leaky-b1": "mlp",
    "mlp-leaky-b64": "mlp",
    "mlp-functional-act": "Functional",
    "mlp-raw-matmul": "Raw",
    "shared-called-3": "CalledThree",
    "shared-two-parents": "two_parents",
    "linear-subclass": "subclass",
    "root-extra-vector": "RootVector",
    "root-own-plus-sublayers": "RootOwn",
    "linear-3d": "linear_3d",
    "lstm-100": "lstm",
    "sdpa-12x64x64": "Attention",
    "bilinear": "bilinear",
    "scan-10": "Scan",
    "mlp-784-256-10": "small_mlp",
    "layernorm-train-b64": "BehindLinear",
    "broadcast-product-sum": "Broadcast",
    "mha-1000": "SelfAttention",
    "embedding-10": "embedding",
    "residual-block": "ResidualBlock",
}
SHAPES = {
    "sdpa-12x64x64": "1,12,64,64;1,12,64,64;1,12,64,64",
    "broadcast-product-sum": "4,8;8,5",
    "embedding-10": "10:int64",
}
PADDLE = {
    "lstm-100": "1,100,64",
    "sdpa-12x64x64": "1,64,12,64;1,64,12,64;1,64,12,64",
    "mha-1000": "1,1000,100",
}
"""Where Paddle expects the axes in another order."""
EXTRA = {"residual-block": 512}
"""Elements of the sum of the residual connection, beside those of the activation."""
FIELDS = {
    *("id", "net", "input", "input2", "notes", "wrong"),
    *("params", "macs", "bias_adds", "act_elements", "step_matmul_flop", "adam_flop"),
    *("flop_strict", "flop_strict_backward", "saved_floats_per_sample"),
}


@cache
def count(library: str, vector: str, convention: str):
    ask(library)
    given = VECTORS[vector]
    inputs = [given[k] for k in ("input", "input2") if k in given]
    shapes = SHAPES.get(vector, ";".join(",".join(map(str, i)) for i in inputs))
    shapes = PADDLE.get(vector, shapes) if library == "paddle" else shapes
    place = f"{HERE / 'networks' / f'nets_{library}.py'}::{NAMES[vector]}"
    return cost_of_file(
        place, shapes, optimizer="adam", loss="cross_entropy", convention=convention
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
    biases = given.get("bias_adds", 2010)
    single = biases + given["act_elements"] + EXTRA.get(vector, 0)
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
