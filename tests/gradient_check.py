"""Central differences in float64, to hold gradients of whole networks against."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def slope(function: Callable[[np.ndarray], float], x: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """The derivative of a number by every element of x."""
    found = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += step
        down[index] -= step
        found[index] = (function(up) - function(down)) / (up[index] - down[index])
    return found


def check_operator(op, x: np.ndarray, values: dict | None = None, tolerance: float = 1e-8) -> None:
    """Hold `op.bwd` against differences of `op.fwd`, for x and every parameter."""
    values = op.init(3, "float64") if values is None else values
    y, saved = op.fwd(x, **values)
    dy = np.random.default_rng(9).standard_normal(np.shape(y))
    (dx,), grads = op.bwd(saved, dy)

    def objective(moved_x, **moved):
        return float(np.sum(dy * op.fwd(moved_x, **{**values, **moved})[0]))

    np.testing.assert_allclose(dx, slope(objective, x), rtol=1e-6, atol=tolerance)
    assert grads.keys() == op.parameters().keys()
    for name, gradient in grads.items():
        expected = slope(lambda v, name=name: objective(x, **{name: v}), values[name])
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=tolerance)
