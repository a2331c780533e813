"""Recipes for the inputs of an operator.

Every operator carries `CASES`: with which arguments to build it and which inputs to give it. The
tests, the checker, the docs and the benchmarks draw from them, so a new operator is one file.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Draw:
    """How to draw one input array.

    kind is one of
    * "normal"         standard normal times `scale`
    * "uniform"        uniform in [low, high)
    * "away"           normal, at least `margin` away from the integers: no kink is hit
    * "labels"         whole numbers in [0, classes)
    * "probabilities"  rows that sum to 1 over the last axis
    * "onehot"         rows with a single 1 over the last axis
    * "signs"          -1 or +1
    * "key"            a key of `backprove.random`
    """

    kind: str
    shape: tuple[int, ...] = ()
    scale: float = 1.0
    low: float = 0.0
    high: float = 1.0
    classes: int = 0
    margin: float = 0.05

    def sample(self, rng: np.random.Generator, dtype: str = "float64") -> Any:
        """Draw the array. Whole-number kinds ignore `dtype`."""
        return getattr(self, f"_{self.kind}")(rng, _numpy_dtype(dtype))

    def _normal(self, rng: np.random.Generator, dtype: Any) -> Any:
        return (rng.standard_normal(self.shape) * self.scale).astype(dtype)

    def _uniform(self, rng: np.random.Generator, dtype: Any) -> Any:
        return rng.uniform(self.low, self.high, self.shape).astype(dtype)

    def _away(self, rng: np.random.Generator, dtype: Any) -> Any:
        x = rng.standard_normal(self.shape) * self.scale
        whole = np.floor(x)
        return (whole + np.clip(x - whole, self.margin, 1 - self.margin)).astype(dtype)

    def _labels(self, rng: np.random.Generator, dtype: Any) -> Any:
        return rng.integers(0, self.classes, self.shape).astype(np.int32)

    def _probabilities(self, rng: np.random.Generator, dtype: Any) -> Any:
        p = rng.uniform(0.05, 1.0, self.shape)
        return (p / p.sum(-1, keepdims=True)).astype(dtype)

    def _onehot(self, rng: np.random.Generator, dtype: Any) -> Any:
        labels = rng.integers(0, self.shape[-1], self.shape[:-1])
        return np.eye(self.shape[-1])[labels].astype(dtype)

    def _signs(self, rng: np.random.Generator, dtype: Any) -> Any:
        return rng.choice([-1.0, 1.0], self.shape).astype(dtype)

    def _key(self, rng: np.random.Generator, dtype: Any) -> Any:
        return rng.integers(0, 2**32, 2, dtype=np.uint32)


def _numpy_dtype(name: str) -> Any:
    if name == "bfloat16":
        import ml_dtypes

        return ml_dtypes.bfloat16
    return np.dtype(name)


@dataclass(frozen=True)
class Case:
    """One way to build and feed an operator.

    `arguments` go to the constructor, `inputs` are drawn in the order of forward's positional
    parameters, `training` is handed to operators that ask for it.
    """

    inputs: tuple[Draw, ...]
    arguments: dict[str, Any] = field(default_factory=dict)
    training: bool = False


def normal(*shape: int, scale: float = 1.0) -> Draw:
    """A standard normal array times `scale`."""
    return Draw("normal", shape, scale=scale)


def away(*shape: int, scale: float = 1.0) -> Draw:
    """A normal array whose elements keep away from the integers, where kinks usually lie."""
    return Draw("away", shape, scale=scale)


def uniform(*shape: int, low: float = 0.0, high: float = 1.0) -> Draw:
    """A uniform array in [low, high)."""
    return Draw("uniform", shape, low=low, high=high)


def labels(*shape: int, classes: int) -> Draw:
    """Class indices in [0, classes)."""
    return Draw("labels", shape, classes=classes)
