"""Conventions of tools for PyTorch's networks: torch against FlopCounterMode itself."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest
from tests.cost.vectors import NAMES, VECTORS, networks, shapes
from tests.support import ask

from backprove.cost.frameworks import cost_of_file
from backprove.cost.frameworks.inputs import parse
from backprove.errors import UsageError

NETWORKS = networks("torch")
CASES = {
    **{name: shapes(vector, "torch") for vector, name in NAMES.items()},
    "BehindLinear": "64,500",
    "conv": "2,3,8,8",
    "picture": "2,3,4,4",
    "WithWeights": "50,2,100",
    "two_way": "5,2,8",
    "Einsum": "4,6",
    "WeightFirst": "6,3",
    "Strange": "4,20",
    "subclass_twice": "1,100",
}


@cache
def truth() -> dict[str, list[int]]:
    asked = [[name, parse(given)[0]] for name, given in CASES.items()]
    file = NETWORKS.with_name("flops_torch.py")
    words = [sys.executable, str(file), str(NETWORKS), json.dumps(asked)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=250, check=True)
    return dict(zip(CASES, json.loads(done.stdout.splitlines()[-1]), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_torch_is_flop_counter_mode(name) -> None:
    ask("torch")
    found = cost_of_file(f"{NETWORKS}::{name}", CASES[name], convention="torch")
    forward, both = truth()[name]
    assert found.operations("forward") == forward
    assert found.operations("step") == both
    assert found.complete


def test_most_networks_have_products() -> None:
    ask("torch")
    assert sum(both > 0 for _, both in truth().values()) > 15


def test_a_norm_without_gain_and_with(tmp_path) -> None:
    ask("torch")
    file = tmp_path / "norms.py"
    file.write_text(
        "from torch import nn\n"
        "def plain():\n    return nn.LayerNorm(50, elementwise_affine=False)\n"
        "def groups():\n    return nn.GroupNorm(2, 8)\n"
        "def batch():\n    return nn.BatchNorm1d(8)\n"
    )
    plain, groups, batch = (
        cost_of_file(f"{file}::{name}", given, convention="fvcore")
        for name, given in (("plain", "3,50"), ("groups", "3,8,6"), ("batch", "3,8"))
    )
    assert (plain.operations("forward"), plain.complete) == (4 * 150, True)
    assert (groups.operations("forward"), groups.complete) == (5 * 144, True)
    assert (batch.operations("forward"), batch.complete) == (5 * 24, True)


def test_what_fvcore_warns_of_is_named() -> None:
    ask("torch")
    found = cost_of_file(f"{NETWORKS}::Attention", CASES["Attention"], convention="fvcore")
    assert found.totals["printed"]["left_out"] == {"aten::scaled_dot_product_attention": 1}
    assert "says so: aten::scaled_dot_product_attention (1)" in str(found)


def test_a_tool_counts_neither_loss_nor_optimizer() -> None:
    ask("torch")
    given = {"optimizer": "adam", "loss": "cross_entropy"}
    found = cost_of_file(f"{NETWORKS}::mlp", "64,784", convention="torch", **given)
    assert found.operations("step") == VECTORS["mlp-leaky-b64"]["step_matmul_flop"]
    assert found.operations("optimizer") == found.operations("loss") == 0


@pytest.mark.parametrize("convention", ["torch", "fvcore"])
def test_a_tool_for_pytorch_is_refused_for_paddle(convention) -> None:
    place = f"{networks('paddle')}::mlp"
    with pytest.raises(UsageError, match="does not read networks of Paddle"):
        cost_of_file(place, "1,784", convention=convention)
