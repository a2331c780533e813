"""The script of a finding shows the failure again, however the subject is written."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backprove.check import check

PAIR = """
def forward(x, w): return x @ w, (x, w)
def backward(dout, cache):
    x, w = cache
    return dout @ w.T, 2 * x.T @ dout
"""
JAX = """
import jax
from functools import partial
@partial(jax.custom_vjp, nondiff_argnums=(1,))
def scaled(x, n=2.0): return x * n
scaled.defvjp(lambda x, n: (x * n, None), lambda n, _, dy: (n * n * dy,))
"""
TORCH = """
import torch
class Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w.t()
    @staticmethod
    def backward(ctx, dy):
        x, w = ctx.saved_tensors
        return dy @ w, 2 * dy.t() @ x
class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(3, 2)
    def forward(self, x):
        return Product.apply(x, self.inner.weight) + self.inner.bias
"""
PADDLE = """
import paddle
from paddle.autograd import PyLayer
class Scaled(PyLayer):
    @staticmethod
    def forward(ctx, x, scale=2.0):
        ctx.scale = scale
        return x * scale
    @staticmethod
    def backward(ctx, dy):
        return dy
class Layer(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        self.w = self.create_parameter([3])
    def forward(self, x):
        return Scaled.apply(x) * self.w
"""
OWN = """
from backprove import Op
class Affine(Op):
    def forward(self, x, *, w, b):
        return x @ w + b
    def backward(self, dy, *, x, w):
        return dy @ w.T, {"w": x.T @ dy, "b": 2 * dy.sum(0)}
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (PAIR, ["forward,backward"]),
        (JAX, ["scaled"]),
        (TORCH, ["Product", "Layer"]),
        (PADDLE, ["Scaled", "Layer"]),
        (OWN, ["Affine"]),
    ],
)
def test_the_script_prints_what_the_finding_says(tmp_path, text, names) -> None:
    (tmp_path / "f.py").write_text(text)
    scripts, shown = [], []
    for name in names:
        result = check(f"{tmp_path / 'f.py'}::{name}")
        found = next(f for f in result.findings if f.script)
        scripts.append(found.script)
        shown.append(next(e.value for e in found.evidence if e.name == "yours"))
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "\n".join(scripts)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for yours in shown:
        assert f"{yours:g}" in run.stdout, run.stdout
