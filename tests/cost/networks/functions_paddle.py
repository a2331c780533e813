"""Networks of Paddle that are functions, with their parameters around them."""

from __future__ import annotations

from functools import partial

import paddle
import paddle.nn.functional as F
from paddle import nn


def trained(*shape):
    found = paddle.randn(shape)
    found.stop_gradient = False
    return found


weight, bias = trained(20, 10), trained(10)
layers = [(trained(8, 16), trained(16)), (trained(16, 3), trained(3))]
first = nn.Linear(8, 4)
table = {"weight": paddle.create_parameter([8, 4], "float32"), "constant": paddle.ones([4])}


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
