"""The compute that the piecewise activations declare is the compute that they execute."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import counting
import support
from backprove import random
from backprove.ops.activation.celu import CELU
from backprove.ops.activation.elu import ELU
from backprove.ops.activation.hardshrink import Hardshrink
from backprove.ops.activation.hardsigmoid import Hardsigmoid
from backprove.ops.activation.hardswish import Hardswish
from backprove.ops.activation.hardtanh import Hardtanh
from backprove.ops.activation.prelu import PReLU
from backprove.ops.activation.relu import ReLU
from backprove.ops.activation.relu6 import ReLU6
from backprove.ops.activation.rrelu import RReLU
from backprove.ops.activation.selu import SELU
from backprove.ops.activation.softshrink import Softshrink
from backprove.ops.activation.tanhshrink import Tanhshrink
from backprove.ops.activation.thresholded_relu import ThresholdedReLU

CLASSES = (
    *(CELU, ELU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, PReLU),
    *(ReLU, ReLU6, SELU, Softshrink, Tanhshrink, ThresholdedReLU),
)
CASES = [
    pytest.param(cls, case, id=f"{cls.__name__}-{i}")
    for cls in CLASSES
    for i, case in enumerate(cls.CASES)
]


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_declared_is_executed(cls, case) -> None:
    built = support.build(cls, case)
    declared = built.op.cost(np.shape(built.inputs[0]))
    forward, backward = counting.counts(built.op, built.inputs, built.values, built.dy)
    assert forward == declared.forward
    assert backward == declared.total_backward()


def test_rrelu_declares_its_training_pass(monkeypatch) -> None:
    drawn = random.uniform
    monkeypatch.setattr(random, "uniform", lambda *seen: drawn(*seen).view(counting.Counting))
    x = np.linspace(-2.0, 2.0, 12).reshape(3, 4)
    declared = RReLU().cost(x.shape)
    values = {"key": random.key(1), "training": True}
    forward, backward = counting.counts(RReLU(), [x], values, np.ones_like(x))
    assert forward == replace(declared.forward, random=0)
    assert backward == replace(declared.total_backward(), random=0)
    assert declared.forward.random == declared.total_backward().random == 12
