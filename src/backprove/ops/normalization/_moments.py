"""What normalisations share: mean and deviation that are right over the whole range of the dtype.

Values whose squares would overflow are first multiplied by a power of two, which changes no digit.
The mean is removed twice, so that its own rounding error does not stay behind: a constant row
gives exactly 0, and a large mean costs no digits. Everything is computed from x again in
backward; nothing but x is kept.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, NamedTuple

from backprove.arrays import dtype_name, namespace

_SMALLER = {"float32": (2.0**55, 2.0**-73), "float64": (2.0**480, 2.0**-540)}


class Normal(NamedTuple):
    """xhat = (x - mean) / sqrt(var + epsilon), and per row 1 / sqrt(var + epsilon), mean and var.

    The rows run along the reduced axes, which are kept with length 1. The mean is that of
    factor * x, and var that of factor * x as well, where it cannot overflow.
    """

    xhat: Any
    inverse: Any
    mean: Any
    var: Any
    factor: Any


def scale(x: Any, axes: tuple[int, ...]) -> Any:
    """1, or for rows of very large values a power of two that keeps their squares finite."""
    xp = namespace(x)
    largest = xp.max(xp.abs(x), axis=axes, keepdims=True)
    limit, factor = _SMALLER.get(dtype_name(x), (float("inf"), 1.0))
    return xp.where(largest > limit, xp.full_like(largest, factor), 1.0)


def normalise(x: Any, axes: tuple[int, ...], epsilon: float, centre: bool = True) -> Normal:
    """Normalise along `axes`; without `centre` the mean counts as 0."""
    xp = namespace(x)
    factor = scale(x, axes)
    d, mean = x * factor, 0.0 * factor
    for _ in range(2 if centre else 0):
        rest = xp.mean(d, axis=axes, keepdims=True)
        d, mean = d - rest, mean + rest
    var = xp.mean(d * d, axis=axes, keepdims=True)
    floor = factor * sqrt(epsilon)
    deviation = xp.where(var == 0, floor, xp.sqrt(var + floor * floor))
    return Normal(d / deviation, factor / deviation, mean, var, factor)


def project(g: Any, xhat: Any, axes: tuple[int, ...], centre: bool = True) -> Any:
    """The adjoint of `normalise` up to `inverse`: g - mean(g) - xhat * mean(g * xhat)."""
    xp = namespace(g)
    found = g - xhat * xp.mean(g * xhat, axis=axes, keepdims=True)
    return found - xp.mean(g, axis=axes, keepdims=True) if centre else found
