"""Is a gradient the derivative of its loss, as a whole and for each parameter?"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.doctor.curvature import tree_dot, tree_norm
from backprove.doctor.views import NAN

Tree = dict[str, Any]

REACHES = (1e-6, 1e-8, 1e-5)
"""How far differences reach, relative to 1 + |w|."""

CLOSE = 0.01
"""A relative error beyond this is no rounding in float64."""

NEAR = 0.2
"""A parameter that adds 1 to the sum is looked at if the sum is off by this much."""

LEAST = 1e-4
"""Parameters with a smaller gradient, relative to the largest, are left out of the sum."""

NOTICED = 1e-9
"""A change of the loss of this share of it is no rounding."""


class Slopes:
    """Slopes of a loss at `params`; `ask` gives (loss, gradient) at any parameters, in float64."""

    def __init__(self, ask: Callable[[Tree], tuple[float, Tree]], params: Tree) -> None:
        self._ask, self.params = ask, params
        self.loss, self.gradient = ask(params)

    def along(self, direction: Tree) -> tuple[float, float]:
        """(derivative along a direction, what the gradient claims for it), NaN for none.

        Several distances are tried, because a signal that has faded is left behind by a long one.
        At a kink every value between the derivatives on both sides is right.
        """
        claimed = tree_dot({k: self.gradient[k] for k in direction}, direction)
        square = tree_dot(direction, direction)
        if not (square > 0 and math.isfinite(square) and math.isfinite(claimed)):
            return NAN, NAN
        moved = {k: self.params[k] for k in direction}
        found = []
        for reach in REACHES:
            e = reach * (1 + tree_norm(moved)) / math.sqrt(square)
            right, left = self._beside(direction, e), self._beside(direction, -e)
            found.append(min(max(claimed, min(left, right)), max(left, right)))
        return min(found, key=lambda value: abs(value - claimed)), claimed

    def _beside(self, direction: Tree, step: float) -> float:
        """The mean slope from here to a step along the direction."""
        there = {k: self.params[k] + step * d for k, d in direction.items()}
        return float((self._ask({**self.params, **there})[0] - self.loss) / step)

    def missing(self) -> tuple[float, float] | None:
        """(slope, 0) of a parameter that the gradient says nothing of, and the loss depends on."""
        rng = np.random.default_rng(0)
        for name, g in self.gradient.items():
            if np.any(g):
                continue
            direction = {name: rng.standard_normal(g.shape)}
            step = 1e-4 * (1 + tree_norm({name: self.params[name]})) / tree_norm(direction)
            slopes = [self._beside(direction, s) for s in (step, -step)]
            if min(abs(s) * step for s in slopes) > NOTICED * max(abs(self.loss), 1e-300):
                return float(np.mean(slopes)), 0.0
        return None

    def hidden(self) -> tuple[float, float] | None:
        """(derivative along it, |g|^2) of the one parameter whose gradient is wrong, if one is.

        All are tested at once, along the sum of g / |g|^2, to which each adds 1 if it is right.
        """
        sizes = {k: tree_norm({k: g}) for k, g in self.gradient.items()}
        large = [k for k, size in sizes.items() if size > LEAST * max(sizes.values())]
        found, claimed = self.along({k: self.gradient[k] / sizes[k] ** 2 for k in large})
        if not abs(found - claimed) > NEAR:
            return None
        each = [self.along({k: self.gradient[k]}) for k in large]
        worst = max(each, key=lambda pair: abs(pair[0] - pair[1]) / pair[1])
        return worst if abs(worst[0] - worst[1]) > CLOSE * worst[1] else None
