"""A function of one variable at equally spaced places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprove.data.recipes.recipe import Made, recipe
from backprove.errors import UsageError, unknown

FUNCTIONS: dict[str, Any] = {
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "exp": np.exp,
    "abs": np.abs,
    "logistic": lambda u: 0.5 * (1.0 + np.tanh(0.5 * u)),
}


@recipe
def curve(
    *,
    start: float = -1.0,
    stop: float = 1.0,
    points: int = 100,
    polynomial: Sequence[float] = (),
    roots: Sequence[float] = (),
    function: str = "",
    rate: float = 1.0,
    amplitude: float = 1.0,
    noise: float = 0.0,
    noise_law: str = "normal",
    seed: int = 0,
) -> Made:
    """y over x at `points` places from start to stop, both included.

    Give one of
      polynomial   coefficients from the constant on: [3, 0, 1] is 3 + x^2
      roots        amplitude (x - r1)(x - r2) ...
      function     amplitude f(rate x), f out of sin, cos, tanh, exp, abs, logistic
    Added is noise times N(0, 1), or times U(0, 1) with the noise_law "uniform".
    """
    given = [len(polynomial) > 0, len(roots) > 0, bool(function)]
    if sum(given) != 1:
        raise UsageError(
            "a curve is given by one of polynomial, roots and function, found {found} of them: "
            "give one",
            found=sum(given),
        )
    x = np.linspace(start, stop, points)
    y = _values(x, polynomial, roots, function, rate, amplitude)
    if noise:
        rng = np.random.default_rng(seed)
        if noise_law not in ("normal", "uniform"):
            raise unknown("noise_law", noise_law, ("normal", "uniform"))
        u = rng.standard_normal(points) if noise_law == "normal" else rng.uniform(size=points)
        y = y + noise * u
    return x[:, None], y, "regression"


def _values(
    x: Any,
    polynomial: Sequence[float],
    roots: Sequence[float],
    function: str,
    rate: float,
    amplitude: float,
) -> Any:
    if polynomial:
        return np.polynomial.polynomial.polyval(x, np.asarray(polynomial, dtype=np.float64))
    if roots:
        return amplitude * np.prod([x - r for r in roots], axis=0)
    if function not in FUNCTIONS:
        raise unknown("function", function, FUNCTIONS)
    return amplitude * FUNCTIONS[function](rate * x)
