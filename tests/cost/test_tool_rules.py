"""What tools print for our own networks is what they print for the same layers of PyTorch."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import ask

from backprove import Linear, Sequential, ops
from backprove.cost import cost
from backprove.cost.frameworks import cost_of_file

PLACE = f"{Path(__file__).parent / 'networks' / 'layers_torch.py'}::between"
LAYERS = {
    **{name: name for name in ("ReLU", "ReLU6", "LeakyReLU", "ELU", "SELU", "CELU", "GELU")},
    **{name: name for name in ("SiLU", "Mish", "Sigmoid", "Tanh", "Softplus", "Softsign")},
    **{name: name for name in ("Hardtanh", "Hardsigmoid", "Hardswish", "Hardshrink", "PReLU")},
    **{name: name for name in ("Softshrink", "Tanhshrink", "LogSoftmax", "Softmax", "Dropout")},
    "LogSigmoid": "LogSigmoid",
    "BatchNorm1D": "BatchNorm1d",
    "LayerNorm": "LayerNorm",
    "RMSNorm": "RMSNorm",
}
SETTINGS = {
    "BatchNorm1D": ({"num_features": 6}, {"num_features": 6}, "affine"),
    "LayerNorm": ({"normalized_shape": 6}, {"normalized_shape": 6}, "elementwise_affine"),
    "RMSNorm": ({"normalized_shape": 6}, {"normalized_shape": 6}, "elementwise_affine"),
    "Softmax": ({}, {"dim": -1}, ""),
    "LogSoftmax": ({}, {"dim": -1}, ""),
}


def both(name, tool, gain=True):
    """Our count and that of PyTorch's network, in a tool's convention."""
    ask("torch")
    own, theirs, key = SETTINGS.get(name, ({}, {}, ""))
    own = own | ({} if gain else {"affine": False})
    given = {"layer": LAYERS[name], **theirs} | ({} if gain else {key: False})
    net = Sequential(Linear(4, 6), ops.operator(name, **own), Linear(6, 3))
    ours = cost(net, 4, batch_size=5, convention=tool)
    return ours, cost_of_file(PLACE, "5,4", arguments=given, convention=tool)


@pytest.mark.parametrize("tool", ["torch", "fvcore", "thop", "ptflops", "calflops"])
@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_of_ours_is_one_of_pytorch(name, tool) -> None:
    ours, theirs = both(name, tool)
    assert ours.operations("forward") == theirs.operations("forward")
    assert ours.complete and theirs.complete


@pytest.mark.parametrize("tool", ["fvcore", "thop", "ptflops", "calflops"])
@pytest.mark.parametrize("name", ["BatchNorm1D", "LayerNorm"])
def test_a_norm_without_gain(name, tool) -> None:
    ours, theirs = both(name, tool, gain=False)
    assert ours.operations("forward") == theirs.operations("forward")
    assert ours.complete


def test_an_operator_that_is_no_layer_of_the_framework_is_unknown() -> None:
    net = Sequential(Linear(4, 6), ops.operator("maxout", pieces=2), Linear(3, 2))
    assert not cost(net, 4, convention="ptflops").complete
    assert cost(net, 4, convention="thop").operations("forward") == 24 + 6
