"""Networks of Paddle that are written in unusual ways."""

from __future__ import annotations

import paddle
from paddle import nn


class Unregistered(nn.Layer):
    """Its layers stand in a plain list."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(8, 8) for _ in range(3)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class NoOutput(nn.Layer):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x):
        self.layer(x)


class Batched(nn.Layer):
    """A product with a batch of weights, and their biases."""

    def __init__(self):
        super().__init__()
        self.weight = self.create_parameter([2, 8, 4])
        self.bias = self.create_parameter([2, 1, 4])

    def forward(self, x):
        return paddle.bmm(x, self.weight) + self.bias


class Compiled(nn.Layer):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    @paddle.jit.to_static
    def forward(self, x):
        return nn.functional.relu(self.layer(x))


class Complex(nn.Layer):
    def __init__(self):
        super().__init__()
        self.weight = self.create_parameter([8, 8])

    def forward(self, x):
        return (x.astype("complex64") @ self.weight.astype("complex64")).abs()


class OwnGradient(nn.Layer):
    """Takes a gradient within forward, and differentiates through it."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 1)

    def forward(self, x):
        x.stop_gradient = False
        (gradient,) = paddle.grad(self.layer(x).sum(), x, create_graph=True)
        return gradient.pow(2).sum()
