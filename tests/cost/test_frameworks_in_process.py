"""`cost(net)` of a PyTorch or Paddle network object, and what it leaves behind."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backprove.oracle.client import installed

TORCH = """
import torch
from torch import nn
from backprove.cost import cost

torch.manual_seed(1)
hidden = nn.Linear(784, 500), nn.BatchNorm1d(500), nn.ReLU(), nn.Dropout()
net = nn.Sequential(*hidden, nn.Linear(500, 10))
net.eval()
before = {k: v.clone() for k, v in net.state_dict().items()}
state, hooks = torch.get_rng_state(), [len(m._forward_hooks) for m in net.modules()]
first = cost(net, 784, batch_size=64, optimizer="adam", loss="cross_entropy")
with torch.no_grad():
    second = cost(net, (784,), batch_size=64, optimizer="adam", loss="cross_entropy")
    assert not torch.is_grad_enabled()
with torch.inference_mode():
    third = cost(net, "64,784", optimizer="adam", loss="cross_entropy")
assert first.totals == second.totals == third.totals
assert first.totals["parameters"]["total"] == 784 * 500 + 500 + 1000 + 500 * 10 + 10
assert all(torch.equal(before[k], v) for k, v in net.state_dict().items())
assert torch.equal(state, torch.get_rng_state()) and not net.training
assert hooks == [len(m._forward_hooks) for m in net.modules()]
assert all(p.grad is None for p in net.parameters())

class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.table, self.out = nn.Embedding(7, 4), nn.LazyLinear(3)
    def forward(self, x, *, mask):
        return self.out(self.table(x) * mask)

masked = cost(Masked(), "5:int64;mask=5,4")
assert masked.totals["parameters"]["total"] == 7 * 4 + 4 * 3 + 3
printed = cost(nn.Sequential(nn.Linear(784, 10)), 784, convention="thop")
assert printed.convention == "thop"
"""
PADDLE = """
import paddle
from paddle import nn
from backprove.cost import cost

net = nn.Sequential(nn.Linear(784, 500), nn.ReLU(), nn.Linear(500, 10))
first = cost(net, 784, batch_size=64)
with paddle.no_grad():
    second = cost(net, "64,784")
assert first.totals == second.totals
assert first.totals["parameters"]["total"] == 784 * 500 + 500 + 500 * 10 + 10
assert all(p.grad is None for p in net.parameters()) and net.training
"""
WRONG = """
from {library} import nn
from backprove.cost import cost
from backprove.errors import BackproveError
for given in (
    {{}},
    {{"input_shape": 783}},
    {{"input_shape": 784, "batch_size": 0}},
    {{"input_shape": 784, "convention": "{other}"}},
    {{"input_shape": 784, "measure": True}},
):
    try:
        cost(nn.Linear(784, 10), **given)
    except BackproveError as error:
        print(type(error).__name__, error)
"""


def run(library: str, program: str) -> str:
    """What a program of a user prints."""
    if not installed(library):
        pytest.skip(f"{library} is not installed")
    found = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False
    )
    assert found.returncode == 0, found.stderr
    return found.stdout


@pytest.mark.parametrize(("library", "program"), [("torch", TORCH), ("paddle", PADDLE)])
def test_it_is_counted_and_left_as_it_was(library, program) -> None:
    run(library, program)


@pytest.mark.parametrize(("library", "other"), [("torch", "paddle"), ("paddle", "thop")])
def test_what_cannot_be_counted_is_told(library, other) -> None:
    lines = run(library, WRONG.format(library=library, other=other)).splitlines()
    kinds = ["UsageError", "ShapeError", "UsageError", "UsageError", "UsageError"]
    assert [line.split()[0] for line in lines] == kinds
    for line, word in zip(
        lines, ["shape", "783", "batch size", "does not read", "measure"], strict=True
    ):
        assert word in line
