"""A right operator is not accused: ours in every dtype, and learners' right ones."""

from __future__ import annotations

import pytest
from benchmarks.check.controls import CONTROLS

from backprove.check import check
from backprove.ops import operators

RIGHT = {
    "numpy": """
import numpy as np
class LeakyReLU:
    def __init__(self, negative_slope=0.1):
        self.negative_slope = negative_slope
    def forward(self, inputs):
        self.inputs = inputs
        return np.where(inputs > 0, inputs, self.negative_slope * inputs)
    def backward(self, grads):
        return np.where(self.inputs > 0, grads, self.negative_slope * grads)
""",
    "paddle": """
import paddle
from nndl.op import Op
class Logistic(Op):
    def forward(self, inputs):
        self.outputs = paddle.nn.functional.sigmoid(inputs)
        return self.outputs
    def backward(self, grads):
        return grads * self.outputs * (1 - self.outputs)
""",
    "torch": """
import torch
class Tanh:
    def forward(self, x):
        self.y = torch.tanh(x)
        return self.y
    def backward(self, grads):
        return grads * (1 - self.y * self.y)
""",
}


@pytest.mark.parametrize("name", operators())
def test_our_operators_are_right(name) -> None:
    result = check(name)
    assert result.exit_code == 0, repr(result)
    assert result.checks and all(c.verdict == "ok" for c in result.checks)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda c: c.id)
def test_controls_are_right(control) -> None:
    result = check(control.subject, convention=control.convention)
    assert result.exit_code == 0, repr(result)


@pytest.mark.parametrize("library", RIGHT)
def test_right_learners_classes_are_right(library, tmp_path) -> None:
    (tmp_path / "f.py").write_text(RIGHT[library])
    result = check(str(tmp_path / "f.py"))
    assert result.exit_code == 0, repr(result)


F = "torch:nn.functional."


@pytest.mark.parametrize(
    "target",
    [f"{F}relu6", f"{F}leaky_relu", f"{F}elu", f"{F}selu", f"{F}silu", f"{F}sigmoid",
     f"{F}logsigmoid", f"{F}hardtanh", f"{F}threshold", f"{F}rrelu", f"{F}prelu", f"{F}glu",
     f"{F}softmax", "torch:nn.PReLU", "torch:sqrt", "torch:log1p", "jax:nn.relu",
     "jax:nn.log_sigmoid", "jax:nn.hard_swish", "jax:nn.identity"],
)  # fmt: skip
def test_frameworks_right_operators_are_not_accused(target) -> None:
    result = check(target)
    assert result.exit_code == 0, repr(result)
    assert result.checks and all(c.verdict in ("ok", "undecided") for c in result.checks)
