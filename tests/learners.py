"""Objects as learners write them, for the tests of lifting."""

from __future__ import annotations

import numpy as np

import course_style
from backprove.op import Op

COURSE = course_style.classes(np)
RNG = np.random.default_rng(2)
X = RNG.standard_normal((5, 3))
LABELS = np.array([[1.0], [0.0], [1.0], [1.0], [0.0]])


def linear(n: int = 3, m: int = 2, bias=None):
    rng = np.random.default_rng(n + m)
    return COURSE.Linear(rng.standard_normal((n, m)), np.zeros((1, m)) if bias is None else bias)


def two_layers():
    return COURSE.TwoLayers(linear(3, 4), linear(4, 1))


def cross_entropy(p, t=LABELS) -> float:
    return float(-np.mean(t * np.log(p) + (1 - t) * np.log(1 - p)))


class Answers:
    """Forward only; the tests below give it a backward."""

    def forward(self, x):
        self.x = x
        return 2 * x


def with_backward(function):
    return type("Learners", (Answers,), {"backward": function})()


class Caching:
    """Keeps its residuals in a dictionary and a list, and runs by being called."""

    def __init__(self):
        self.cache, self.history = {}, []

    def __call__(self, x):
        self.cache["x"] = x
        self.history.append(np.cos(x))
        return np.sin(x)

    def backward(self, g):
        return g * self.history[-1] + 0 * self.cache["x"]


class Square(Op):
    """The teaching spelling, inherited from our Op."""

    def __init__(self, scale=1.0):
        self.params, self.grads, self.inputs = {"scale": np.array([scale])}, {}, None

    def forward(self, inputs):
        self.inputs = inputs
        return self.params["scale"] * inputs * inputs

    def backward(self, grads):
        self.grads["scale"] = np.sum(grads * self.inputs * self.inputs)
        return 2 * self.params["scale"] * self.inputs * grads
