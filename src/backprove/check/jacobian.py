"""All one-sided derivatives of a definition at one example, and the bounds that follow from them.

Every coordinate of every input and parameter is moved to both sides, once for all upstream
gradients. At a kink the two Jacobians differ, and anything between them is a convention.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

import mpmath
import numpy as np

from backprove.check.precision import Wide, limits, to_wide
from backprove.check.trial import Bound
from backprove.oracle.exact import HighPrecision

DIGITS = 110
STEP = mpmath.mpf(10) ** -50
K = 16
ROUGH = 64
NOISE = 1e-40
"""Exact derivatives below this are 0; an operator whose own backward reads the output y may lose
what a rounding of y changes."""


class Jacobian(NamedTuple):
    """The exact value, and by name the derivatives (y, coordinate) from the left and the right."""

    y: Any
    left: dict[str, Any]
    right: dict[str, Any]
    arrays: dict[str, Any]
    from_output: bool = False

    def bounds(self, dy: Any, dtype: str) -> dict[str, Bound]:
        """What value and gradients may be for an upstream gradient."""
        with np.errstate(all="ignore"):
            found = {"y": self._value(dtype)}
            found |= {name: self._gradient(name, dy, dtype) for name in self.left}
        return found

    def _value(self, dtype: str) -> Bound:
        lim, terms = limits(dtype), np.abs(self.y)
        count = 1
        for name, left in self.left.items():
            size = np.fmax(np.abs(left), np.abs(self.right[name]))
            terms = terms + (size @ np.abs(self.arrays[name].ravel())).reshape(self.y.shape)
            count += left.shape[1]
        tolerance = _tolerance(lim, terms, count)
        return _bound(self.y, self.y, tolerance, ROUGH * lim.unit * np.fmax(1, terms))

    def _gradient(self, name: str, dy: Any, dtype: str) -> Bound:
        lim, up = limits(dtype), np.asarray(dy).astype(Wide).ravel()[:, None]
        shape = self.arrays[name].shape
        a, b = up * self.left[name], up * self.right[name]
        endless = np.isinf(a).any(0) | np.isinf(b).any(0)
        terms = np.sum(np.fmax(np.abs(a), np.abs(b)), axis=0)
        terms = np.where(np.isfinite(terms), terms, 0)
        largest = np.max(np.abs(up), initial=0)
        spread = terms + np.max(terms, initial=0) + largest * NOISE / lim.unit
        if self.from_output:
            spread = spread + largest * np.max(np.abs(self.y), initial=0)
        low, high = np.fmin(a, b).sum(0), np.fmax(a, b).sum(0)
        bad = np.isnan(a).any(0) | np.isnan(b).any(0)
        low, high = np.where(bad, np.nan, low), np.where(bad, np.nan, high)
        low, high = np.where(endless & (high > 0), 0, low), np.where(endless & (low < 0), 0, high)
        tolerance = _tolerance(lim, spread, up.size + terms.size)
        rough = np.full(shape, ROUGH * lim.unit * max(1.0, float(largest)))
        bound = _bound(low.reshape(shape), high.reshape(shape), tolerance.reshape(shape), rough)
        return replace(bound, special=endless.reshape(shape))


def _tolerance(lim: Any, terms: Any, count: int) -> Any:
    return K * (1 + math.log2(1 + count)) * lim.unit * terms + lim.floor


def _bound(low: Any, high: Any, tolerance: Any, rough: Any) -> Bound:
    """An error below `rough` is a loss of digits: it is small beside 1 and beside the inputs."""
    free = np.isnan(low) | np.isnan(high)
    size = np.fmax(np.abs(low), np.abs(high))
    visible = np.where(size > rough, np.fmin(rough, size / 2), rough)
    return Bound(low, high, tolerance, np.fmax(16 * tolerance, visible), free, np.zeros_like(free))


def jacobian(op: Any, inputs: tuple[Any, ...], values: dict[str, Any]) -> Jacobian:
    """The Jacobian of the definition. Names as in trials: "d0", "d:weight"."""
    with mpmath.workdps(DIGITS), np.errstate(all="ignore"):
        m = HighPrecision()
        lifted = [m.array(x) if _floating(x) else x for x in inputs]
        named = {k: m.array(v) if _floating(v) else v for k, v in values.items()}

        def f() -> Any:
            found = op.definition(m, *lifted, **named)
            return np.asarray(found, dtype=object).ravel()

        base = np.asarray(op.definition(m, *lifted, **named), dtype=object)
        places: list[tuple[str, Any, Any]] = [
            (f"d{i}", lifted, i) for i, x in enumerate(inputs) if _floating(x)
        ]
        places += [
            (f"d:{k}", named, k)
            for k in op.signature.parameters
            if k in values and _floating(values[k])
        ]
        left, right = {}, {}
        for name, holder, key in places:
            left[name], right[name] = _moved(f, base.ravel(), holder, key)
        arrays = {f"d{i}": x for i, x in enumerate(inputs)}
        arrays |= {f"d:{k}": v for k, v in values.items()}
        wide = {k: np.asarray(arrays[k]).astype(Wide) for k in left}
    return Jacobian(to_wide(base), left, right, wide, "y" in op.signature.residuals)


FAR = mpmath.mpf(10) ** 60


def at_infinity(op: Any, inputs: tuple[Any, ...], values: dict[str, Any]) -> Any:
    """The value's limit where inputs are infinite, NaN where there is none.

    Infinities are replaced by very large numbers, once growing and once shrinking along the
    array: where the two values differ, the answer depends on how infinity is approached.
    """
    with mpmath.workdps(DIGITS), np.errstate(all="ignore"):
        m = HighPrecision()
        named = {k: m.array(v) if _floating(v) else v for k, v in values.items()}
        ways = []
        for order in (1, -1):
            lifted = [_far(m, x, order) if _floating(x) else x for x in inputs]
            ways.append(to_wide(np.asarray(op.definition(m, *lifted, **named), dtype=object)))
    agree = np.abs(ways[0] - ways[1]) <= NOISE
    found = np.where(agree, ways[0], np.nan)
    endless = (np.fmin(np.abs(ways[0]), np.abs(ways[1])) > 1e40) & (ways[0] * ways[1] > 0)
    return np.where(endless, np.copysign(np.inf, ways[0]), found)


def _far(m: HighPrecision, x: Any, order: int) -> Any:
    sizes = np.arange(1, x.size + 1)[::order].reshape(x.shape)
    finite = m.array(np.where(np.isinf(x), 0.0, x))
    return np.where(np.isinf(x), np.where(x > 0, FAR, -FAR) * sizes, finite)


def _moved(f: Any, base: Any, holder: Any, key: Any) -> tuple[Any, Any]:
    x = holder[key]
    left = np.empty((base.size, x.size), dtype=object)
    right = left.copy()
    for i, index in enumerate(np.ndindex(x.shape)):
        step = STEP * max(1, abs(x[index]))
        for target, sign in ((left, -1), (right, 1)):
            moved = x.copy()
            moved[index] += sign * step
            holder[key] = moved
            target[:, i] = (f() - base) / (sign * step)
    holder[key] = x
    return _endless(f, base, holder, key, to_wide(left), to_wide(right))


def _endless(f: Any, base: Any, holder: Any, key: Any, left: Any, right: Any) -> tuple[Any, Any]:
    """Infinity on both sides where the one derivative does not exist and the other has no limit.

    So it is at the end of a domain: t log t at 0. A smaller step then gives another derivative.
    """
    x = holder[key]
    for i, index in enumerate(np.ndindex(x.shape)):
        for side, other, sign in ((left, right, -1), (right, left, 1)):
            rows = np.isnan(other[:, i]) & np.isfinite(side[:, i])
            if not rows.any():
                continue
            moved = x.copy()
            moved[index] += sign * STEP * STEP
            holder[key] = moved
            closer = to_wide((f() - base) / (sign * STEP * STEP))
            holder[key] = x
            rows &= np.abs(closer) > 1.5 * np.abs(side[:, i])
            for target in (side, other):
                target[rows, i] = np.copysign(np.inf, closer[rows])
    return left, right


def _floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind not in "iub"
