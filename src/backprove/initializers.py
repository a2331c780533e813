"""First values of parameters, with the names and defaults of Paddle and PyTorch.

An initializer is called with a NumPy generator and a shape. Weights of Linear have the shape
(in_features, out_features), as in Paddle, so fan_in is the last but one length and fan_out the
last.

Sources: Glorot and Bengio, AISTATS 2010 (Xavier); He, Zhang, Ren and Sun, ICCV 2015 (Kaiming);
LeCun, Bottou, Orr and Mueller, "Efficient BackProp", 1998; Saxe, McClelland and Ganguli,
ICLR 2014 (orthogonal).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

import numpy as np

from backprove.errors import ShapeError, UsageError, unknown

Shape = tuple[int, ...]


def fans(shape: Shape) -> tuple[int, int]:
    """(fan_in, fan_out) of a weight of shape (..., in, out); a vector counts as one row."""
    if len(shape) < 2:
        size = prod(shape)
        return size, size
    return prod(shape[:-1]), shape[-1]


def gain(nonlinearity: str, negative_slope: float = 0.0) -> float:
    """The factor that keeps the variance through an activation, as PyTorch's calculate_gain.

    linear and sigmoid 1, tanh 5/3, relu sqrt(2), leaky_relu sqrt(2 / (1 + slope**2)), selu 3/4.
    """
    table = {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5.0 / 3.0,
        "relu": sqrt(2.0),
        "leaky_relu": sqrt(2.0 / (1.0 + negative_slope**2)),
        "selu": 0.75,
    }
    if nonlinearity not in table:
        raise unknown("nonlinearity", nonlinearity, table)
    return table[nonlinearity]


@dataclass(frozen=True)
class Constant:
    """Every element is `value`."""

    value: float = 0.0

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        return np.full(shape, self.value)


@dataclass(frozen=True)
class Normal:
    """Normal with `mean` and `std`."""

    mean: float = 0.0
    std: float = 1.0

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        return rng.normal(self.mean, self.std, shape)


@dataclass(frozen=True)
class Uniform:
    """Uniform in [low, high)."""

    low: float = -1.0
    high: float = 1.0

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        return rng.uniform(self.low, self.high, shape)


@dataclass(frozen=True)
class TruncatedNormal:
    """Normal with `mean` and `std`, drawn again where it is more than `most` deviations off."""

    mean: float = 0.0
    std: float = 1.0
    most: float = 2.0

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        values = rng.standard_normal(shape)
        while (outside := np.abs(values) > self.most).any():
            values[outside] = rng.standard_normal(int(outside.sum()))
        return self.mean + self.std * values


@dataclass(frozen=True)
class FanInUniform:
    """Uniform in +-scale / sqrt(fan_in): PyTorch's Linear, weight and bias.

    A bias does not show the fan_in of its layer: give it.
    """

    scale: float = 1.0
    fan_in: int | None = None

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        limit = self.scale / sqrt(max(self.fan_in or fans(shape)[0], 1))
        return rng.uniform(-limit, limit, shape)


@dataclass(frozen=True)
class XavierUniform:
    """Uniform in +-gain sqrt(6 / (fan_in + fan_out)): variance 2 gain^2 / (fan_in + fan_out).

    The default of Paddle's Linear.
    """

    gain: float = 1.0

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        limit = self.gain * sqrt(6.0 / max(sum(fans(shape)), 1))
        return rng.uniform(-limit, limit, shape)


@dataclass(frozen=True)
class XavierNormal:
    """Normal with variance 2 gain^2 / (fan_in + fan_out)."""

    gain: float = 1.0

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        return rng.normal(0.0, self.gain * sqrt(2.0 / max(sum(fans(shape)), 1)), shape)


@dataclass(frozen=True)
class KaimingUniform:
    """Uniform in +-gain sqrt(3 / fan): variance gain^2 / fan.

    PyTorch's Linear draws its weight with nonlinearity "leaky_relu" and slope sqrt(5).
    """

    nonlinearity: str = "relu"
    negative_slope: float = 0.0
    mode: str = "fan_in"

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        limit = sqrt(3.0) * _kaiming_std(self, shape)
        return rng.uniform(-limit, limit, shape)


@dataclass(frozen=True)
class KaimingNormal:
    """Normal with variance gain^2 / fan."""

    nonlinearity: str = "relu"
    negative_slope: float = 0.0
    mode: str = "fan_in"

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        return rng.normal(0.0, _kaiming_std(self, shape), shape)


def _kaiming_std(spec: KaimingUniform | KaimingNormal, shape: Shape) -> float:
    if spec.mode not in ("fan_in", "fan_out"):
        raise unknown("mode", spec.mode, ("fan_in", "fan_out"))
    fan = fans(shape)[spec.mode == "fan_out"]
    return gain(spec.nonlinearity, spec.negative_slope) / sqrt(max(fan, 1))


@dataclass(frozen=True)
class LeCunNormal:
    """Normal with variance 1 / fan_in, as SELU networks need."""

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        return rng.normal(0.0, 1.0 / sqrt(max(fans(shape)[0], 1)), shape)


@dataclass(frozen=True)
class LeCunUniform:
    """Uniform in +-sqrt(3 / fan_in): variance 1 / fan_in."""

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        limit = sqrt(3.0 / max(fans(shape)[0], 1))
        return rng.uniform(-limit, limit, shape)


@dataclass(frozen=True)
class Orthogonal:
    """Rows or columns (whichever are fewer) orthonormal, times `gain`.

    Raises ShapeError for a shape of fewer than two lengths.
    """

    gain: float = 1.0

    def __call__(self, rng: np.random.Generator, shape: Shape) -> Any:
        if len(shape) < 2:
            raise ShapeError(
                "Orthogonal expected a weight of two or more axes, found the shape {shape}: "
                "use Normal or Constant for vectors",
                shape=shape,
            )
        rows, columns = prod(shape[:-1]), shape[-1]
        tall = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        q = q * np.sign(np.diag(r))
        return self.gain * (q if rows >= columns else q.T).reshape(shape)


INITIALIZERS: dict[str, Any] = {
    "xavier_uniform": XavierUniform,
    "xavier_normal": XavierNormal,
    "glorot_uniform": XavierUniform,
    "glorot_normal": XavierNormal,
    "kaiming_uniform": KaimingUniform,
    "kaiming_normal": KaimingNormal,
    "he_uniform": KaimingUniform,
    "he_normal": KaimingNormal,
    "lecun_uniform": LeCunUniform,
    "lecun_normal": LeCunNormal,
    "fan_in_uniform": FanInUniform,
    "orthogonal": Orthogonal,
    "normal": Normal,
    "truncated_normal": TruncatedNormal,
    "uniform": Uniform,
    "constant": Constant,
    "zeros": Constant,
}


def initializer(name: str, **arguments: Any) -> Any:
    """The initializer of a name. Raises UsageError for an unknown name or argument."""
    if name not in INITIALIZERS:
        raise unknown("initializer", name, INITIALIZERS)
    try:
        return INITIALIZERS[name](**arguments)
    except TypeError as error:
        raise UsageError("initializer {name}: {error}", name=name, error=str(error)) from error
