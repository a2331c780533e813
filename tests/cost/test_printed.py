"""Conventions of counters with rules of their own, against what these printed: see printed.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from tests.support import ask

from backprove.cost.frameworks import cost_of_file
from backprove.errors import UsageError

HERE = Path(__file__).parent
RECORDED = tomllib.loads((HERE / "printed.toml").read_text())["network"]
CASES = [
    (one["place"], one["input"], tool, one[tool])
    for one in RECORDED
    for tool in ("thop", "ptflops", "calflops", "fvcore", "paddle")
    if tool in one
]


@pytest.mark.parametrize(("place", "given", "tool", "printed"), CASES)
def test_what_a_counter_prints(place, given, tool, printed) -> None:
    """The amount and the parameters; where the counter raises, a sentence and no number."""
    ask("paddle" if tool == "paddle" else "torch")
    where = f"{HERE / 'networks' / place}"
    if not printed:
        with pytest.raises(UsageError, match="gives no number"):
            cost_of_file(where, given, convention=tool)
        return
    found = cost_of_file(where, given, convention=tool, optimizer="adam", loss="cross_entropy")
    amount, parameters = printed
    assert found.operations("forward") == found.operations("step") == amount
    assert found.totals["printed"]["parameters"] == parameters
    assert found.complete


@pytest.mark.parametrize("place", ["nets_torch.py::mlp", "nets_paddle.py::mlp"])
def test_from_shapes_alone(place) -> None:
    tool = "paddle" if "paddle" in place else "thop"
    ask("paddle" if tool == "paddle" else "torch")
    where = f"{HERE / 'networks' / place}"
    found = cost_of_file(where, "64,784", convention=tool, abstract=True)
    assert found.operations("forward") == {"thop": 123_584_000, "paddle": 123_712_000}[tool]


@pytest.mark.parametrize(
    ("place", "tool"),
    [("nets_torch.py::mlp", "paddle"), ("nets_paddle.py::mlp", "thop")],
)
def test_a_counter_that_does_not_read_these_networks(place, tool) -> None:
    with pytest.raises(UsageError, match=r"does not read networks of (PyTorch|Paddle)"):
        cost_of_file(f"{HERE / 'networks' / place}", "1,784", convention=tool)
