"""Networks of PyTorch that are written in unusual ways."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm, weight_norm


class Unregistered(nn.Module):
    """Its layers stand in a plain list."""

    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(8, 8) for _ in range(3)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


class NoOutput(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x):
        self.layer(x)


class Batched(nn.Module):
    """A product with a batch of weights, and their biases."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2, 8, 4))
        self.bias = nn.Parameter(torch.randn(2, 1, 4))

    def forward(self, x):
        return torch.baddbmm(self.bias, x, self.weight)


class Cast(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.layer(x)


class Steps(nn.Module):
    """A cell over all steps, its state a constant at first."""

    def __init__(self):
        super().__init__()
        self.cell = nn.LSTMCell(8, 16)

    def forward(self, x):
        state = None
        for i in range(x.shape[1]):
            state = self.cell(x[:, i], state)
        return state[0]


class Scores(nn.Module):
    """Products of activations with each other."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 8)

    def forward(self, x):
        h = self.layer(x)
        return h @ h.T @ h


class LowRank(nn.Module):
    """A frozen weight, and the product of two small ones that are trained."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 8), requires_grad=False)
        self.a, self.b = nn.Parameter(torch.randn(8, 2)), nn.Parameter(torch.randn(2, 8))

    def forward(self, x):
        return x @ (self.weight + self.a @ self.b)


class Sparse(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 8))

    def forward(self, x):
        return torch.sparse.mm(x.to_sparse(), self.weight)


class Bag(nn.Module):
    def __init__(self, mode="sum"):
        super().__init__()
        self.bag = nn.EmbeddingBag(50, 8, mode=mode)

    def forward(self, ids):
        return self.bag(ids)


def normalised():
    return weight_norm(nn.Linear(8, 8))


def spectral():
    return spectral_norm(nn.Linear(8, 8))


class Complex(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(8, 8))

    def forward(self, x):
        return (x.to(torch.cfloat) @ self.weight.to(torch.cfloat)).abs()


class OwnGradient(nn.Module):
    """Takes a gradient within forward, and differentiates through it."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(8, 1)

    def forward(self, x):
        x = x.requires_grad_()
        (gradient,) = torch.autograd.grad(self.layer(x).sum(), x, create_graph=True)
        return gradient.pow(2).sum()
