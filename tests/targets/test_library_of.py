"""Whose arrays a class works on, read from its source."""

from __future__ import annotations

import ast
import textwrap

import pytest

from backprove.targets.library_of import library_of
from backprove.targets.sources import Piece

BOTH = """
import numpy as np
import paddle
import torch.nn.functional as F
from paddle import nn as pnn
eps = 1e-6

def helper(x):
    return F.relu(x)

class InNumpy:
    def forward(self, x):
        return np.exp(x)

class InPaddle(InNumpy):
    def backward(self, g):
        return paddle.exp(g)

class Alias:
    def forward(self, x):
        return pnn.functional.relu(x)

class ByHelper:
    def forward(self, x):
        return helper(x) + eps

class Plain:
    def forward(self, x):
        return x * x
"""


def read(text, *names):
    text = textwrap.dedent(text)
    return library_of([Piece("f.py", text, ast.parse(text))], names)


@pytest.mark.parametrize(
    ("name", "library"),
    [
        ("InNumpy", "numpy"),
        ("InPaddle", "paddle"),
        ("Alias", "paddle"),
        ("ByHelper", "torch"),
        ("Plain", "paddle"),
    ],
)
def test_the_class_decides(name, library) -> None:
    assert read(BOTH, name) == library


@pytest.mark.parametrize(
    ("text", "library"),
    [
        ("class A: pass", "numpy"),
        ("import math\nclass A:\n    def f(self): return math.pi", "numpy"),
        ("import jax.numpy as jnp\nclass A:\n    def f(self): return jnp.pi", "jax"),
        ("from jax import numpy as np\nclass A:\n    def f(self): return np.pi", "jax"),
        ("import torch\nclass A:\n    def f(self, x): return x", "torch"),
        ("import torch\nimport numpy\nclass A:\n    def f(self, x): return numpy.exp(x)", "numpy"),
        ("from . import torch\nclass A:\n    def f(self, x): return torch.exp(x)", "numpy"),
        ("def forward(x):\n    import torch\n    return torch.exp(x)", "torch"),
        ("try:\n    import torch\nexcept ImportError:\n    torch = None\nclass A: pass", "torch"),
    ],
)
def test_without_a_name_the_whole_file_decides(text, library) -> None:
    assert read(text) == library
