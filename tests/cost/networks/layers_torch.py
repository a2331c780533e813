"""PyTorch networks of layers and functions that counters have rules for, or forget."""

from __future__ import annotations

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.nn.functional import relu as imported_relu


def pictures():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1, groups=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3, stride=2, groups=4, bias=False),
        nn.ReLU6(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 4),
        nn.Softmax(dim=1),
    )


def transposed():
    return nn.Sequential(
        nn.ConvTranspose2d(4, 6, 3, stride=2, padding=1), nn.PReLU(6), nn.AvgPool2d(2)
    )


def lines():
    return nn.Sequential(
        nn.Conv1d(3, 4, 3, padding="same"),
        nn.ELU(),
        nn.InstanceNorm1d(4, affine=True),
        nn.MaxPool1d(2),
        nn.ConvTranspose1d(4, 2, 2),
        nn.AdaptiveAvgPool1d(3),
    )


def solids():
    return nn.Sequential(nn.Conv3d(2, 3, 2), nn.BatchNorm3d(3), nn.AvgPool3d(2))


def resized():
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(3, 3, 1), nn.Upsample(size=(5, 5))
    )


def normalised():
    return nn.Sequential(
        nn.LayerNorm(8),
        nn.Linear(8, 8, bias=False),
        nn.LayerNorm(8, elementwise_affine=False),
        nn.GELU(),
        nn.Unflatten(1, (4, 2)),
        nn.GroupNorm(2, 4),
        nn.Flatten(),
        nn.BatchNorm1d(8, affine=False),
    )


def smooth():
    return nn.Sequential(
        nn.Linear(6, 6),
        nn.Sigmoid(),
        nn.Tanh(),
        nn.SiLU(),
        nn.Softplus(),
        nn.LeakyReLU(),
        nn.Dropout(),
    )


def gru():
    return nn.GRU(5, 4, num_layers=2, bidirectional=True, batch_first=True)


def rnn():
    return nn.RNN(5, 4, bias=False)


class Cells(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru, self.lstm, self.rnn = nn.GRUCell(6, 6), nn.LSTMCell(6, 6), nn.RNNCell(6, 6)

    def forward(self, x):
        return self.rnn(self.lstm(self.gru(x))[0])


class Functions(nn.Module):
    """Everything as a function, some of them imported by name before a counter comes."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(6, 6))
        self.layer = nn.Linear(6, 6)

    def forward(self, x):
        y = F.linear(x, self.weight, self.layer.bias)
        y = F.relu(y) + imported_relu(y) + torch.relu(y)
        y = torch.add(torch.mul(y, 2.0), self.layer(x))
        y = torch.matmul(y, self.weight) + y @ self.weight + y.matmul(self.weight)
        y = torch.addmm(self.layer.bias, y, self.weight).mul(y).add(1)
        y = torch.einsum("bi,ij->bj", y, self.weight)
        return F.softmax(F.layer_norm(F.gelu(y), (6,)), dim=-1)


class Batched(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return torch.bmm(x, x.transpose(1, 2)) * self.scale


def encoder():
    return nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)


class Nested(nn.Sequential):
    """A subclass of a container, with a layer that stands under three parents."""


def nested():
    layer = nn.Linear(5, 5)
    return Nested(nn.Sequential(layer, nn.ReLU()), nn.ModuleList([layer])[0], Nested(layer))


class Unused(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.other = nn.Linear(5, 5), nn.Linear(5, 7)
        self.other.requires_grad_(False)

    def forward(self, x):
        return self.used(x)


class MadeInForward(nn.Module):
    """Layers that are made while it runs belong to no tree."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(5, 5)

    def forward(self, x):
        return nn.ReLU()(nn.Linear(5, 5)(self.layer(x)))


def bare():
    return nn.Linear(7, 3)


def lazy():
    return nn.Sequential(nn.LazyLinear(6), nn.ReLU(), nn.LazyBatchNorm1d())


class TwoInputs(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Bilinear(4, 5, 3)
        self.last = nn.Linear(3, 2)

    def forward(self, a, b):
        return self.last(self.layer(a, b))


def between(layer, width=6, **settings):
    """A layer of a name between two linear ones."""
    made = getattr(nn, layer)(**settings)
    return nn.Sequential(nn.Linear(4, 6), made, nn.Linear(width, 3))
