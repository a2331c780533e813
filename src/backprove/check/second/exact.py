"""The second derivatives of a definition, with as many digits as they take.

For an elementwise definition f: f'' from both sides at every point. For all others, with
F(x) = sum(dy * f(x)) and a direction v over all inputs and parameters: the gradient of the
directional derivative, by mixed central differences, and the directional derivative of f itself.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import mpmath
import numpy as np

from backprove.check.pointwise import definition_at
from backprove.check.precision import Wide, to_wide
from backprove.oracle.exact import HighPrecision

STEP = mpmath.mpf(10) ** -30
DIGITS = 130
TINY, FAR_DIGITS = 1e-10, 720


class Bends(NamedTuple):
    """First and second derivatives from the left and the right."""

    slope_left: Any
    slope_right: Any
    left: Any
    right: Any


def bends(op: Any, points: Any, context: dict[str, Any]) -> Bends:
    """The derivatives of an elementwise definition at finite points."""
    x = np.asarray(points, dtype=np.float64)
    found = [np.full(x.shape, np.nan, dtype=Wide) for _ in Bends._fields]
    small = (np.abs(x) < TINY) & (x != 0)
    for chosen, digits in ((~small, DIGITS), (small, FAR_DIGITS)):
        if chosen.any():
            for column, part in zip(found, _at(op, x[chosen], digits, context), strict=True):
                column[chosen] = part
    return Bends(*found)


def _at(op: Any, x: Any, digits: int, context: dict[str, Any]) -> Bends:
    with mpmath.workdps(digits), np.errstate(all="ignore"):
        m = HighPrecision()
        p = m.array(x)
        h = np.array([abs(v) * STEP if v else STEP for v in p], dtype=object)
        f = [definition_at(op, m, p + k * h, context) for k in (-3, -2, -1, 0, 1, 2, 3)]
        slopes = (3 * f[3] - 4 * f[2] + f[1]) / (2 * h), (4 * f[4] - f[5] - 3 * f[3]) / (2 * h)
        left = (2 * f[3] - 5 * f[2] + 4 * f[1] - f[0]) / h**2
        right = (2 * f[3] - 5 * f[4] + 4 * f[5] - f[6]) / h**2
        return Bends(*map(to_wide, (*slopes, left, right)))


def mixed(
    op: Any, inputs: tuple[Any, ...], values: dict[str, Any], dy: Any, along: dict[str, Any]
) -> dict[str, Any]:
    """By "d0", "d:weight" ... the gradient of the derivative along v; as "dy" that of f itself.

    `along` holds v by the same names.
    """
    with mpmath.workdps(DIGITS), np.errstate(all="ignore"):
        m = HighPrecision()
        arrays = {f"d{i}": x for i, x in enumerate(inputs)}
        arrays |= {f"d:{k}": v for k, v in values.items()}
        arrays = {k: m.array(x) if _floating(x) else x for k, x in arrays.items()}
        base = {k: arrays[k] for k in along}
        ahead = {k: m.array(along[k]) * STEP for k in along}
        upstream = m.array(dy)

        def value(moved: dict[str, Any]) -> Any:
            now = {**arrays, **moved}
            own = [now[f"d{i}"] for i in range(len(inputs))]
            return op.definition(m, *own, **{k: now[f"d:{k}"] for k in values})

        def slope(place: dict[str, Any]) -> Any:
            above = value({k: x + ahead[k] for k, x in place.items()})
            return (above - value({k: x - ahead[k] for k, x in place.items()})) / (2 * STEP)

        found = {"dy": to_wide(slope(base)).reshape(np.shape(dy))}
        for name, x in base.items():
            second = np.empty(x.shape, dtype=object)
            for index in np.ndindex(x.shape):
                parts = []
                for sign in (1, -1):
                    moved = x.copy()
                    moved[index] += sign * STEP
                    parts.append(np.sum(upstream * slope({**base, name: moved})))
                second[index] = (parts[0] - parts[1]) / (2 * STEP)
            found[name] = to_wide(second)
    return found


def _floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"
