"""Paddle networks of layers and functions that paddle.flops has rules for, or forgets."""

from __future__ import annotations

import paddle
import paddle.nn as nn
import paddle.nn.functional as F


def pictures():
    return nn.Sequential(
        nn.Conv2D(3, 8, 3, padding=1),
        nn.BatchNorm2D(8),
        nn.ReLU(),
        nn.MaxPool2D(2),
        nn.Conv2D(8, 8, 3, stride=2, groups=4, bias_attr=False),
        nn.LeakyReLU(),
        nn.AdaptiveAvgPool2D(1),
        nn.Flatten(),
        nn.Linear(8, 4),
        nn.Softmax(),
    )


def transposed():
    return nn.Sequential(
        nn.Conv2DTranspose(4, 6, 3, stride=2, padding=1), nn.ReLU6(), nn.AvgPool2D(2)
    )


def lines():
    return nn.Sequential(
        nn.Conv1D(3, 4, 3), nn.AvgPool1D(2), nn.Conv1DTranspose(4, 2, 2), nn.AdaptiveAvgPool1D(3)
    )


def normalised():
    return nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 8), nn.GELU(), nn.BatchNorm1D(8))


def gru():
    return nn.GRU(5, 4)


def bare():
    return nn.Linear(7, 3)


def encoder():
    return nn.TransformerEncoderLayer(8, 2, 16)


def nested():
    layer = nn.Linear(5, 5)
    return nn.Sequential(nn.Sequential(layer, nn.ReLU()), nn.Sequential(layer), layer)


class Functions(nn.Layer):
    def __init__(self):
        super().__init__()
        self.weight = self.create_parameter([6, 6])
        self.layer = nn.Linear(6, 6)

    def forward(self, x):
        y = F.leaky_relu(F.linear(x, self.weight)) + self.layer(x)
        y = paddle.matmul(y, self.weight) + y @ self.weight
        return F.softmax(y + paddle.mv(self.weight, y[0]))


class Unused(nn.Layer):
    def __init__(self):
        super().__init__()
        self.used, self.other = nn.Linear(5, 5), nn.Linear(5, 7)

    def forward(self, x):
        return self.used(x)


class ByName(nn.Layer):
    """Calls its layer by name, which paddle.flops cannot read."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 5)

    def forward(self, x):
        return self.layer(input=x)
