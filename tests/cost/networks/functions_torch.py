"""Networks of PyTorch that are functions, with their parameters around them."""

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import nn


def trained(*shape):
    return torch.randn(shape, requires_grad=True)


weight, bias = trained(20, 10), trained(10)
layers = [(trained(8, 16), trained(16)), (trained(16, 3), trained(3))]
first = nn.Linear(8, 4)
table = {"weight": nn.Parameter(torch.randn(8, 4)), "constant": torch.ones(4)}


def affine(x):
    return x @ weight + bias


def network(x):
    for i, (w, b) in enumerate(layers):
        x = x @ w + b
        if i == 0:
            x = F.relu(x)
    return x


def nested(x):
    return helper(x) * table["constant"]


def helper(x):
    return first(x) + x @ table["weight"]


def scaled(x, y):
    return x * y


def made(width):
    return nn.Linear(20, int(width.shape[0]) if hasattr(width, "shape") else width)


bound = partial(lambda w, x: x @ w, weight)
