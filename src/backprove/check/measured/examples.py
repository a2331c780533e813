"""The trials of a subject that is not elementwise and has no definition.

The Jacobian of forward is measured coordinate by coordinate. An upstream gradient turns it into
what backward must give for every input and parameter.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from backprove.check import grid
from backprove.check.examples import short
from backprove.check.measured.ask import Forward
from backprove.check.measured.differences import STEPS, Side, slopes
from backprove.check.precision import Wide, limits
from backprove.check.trial import Bound, Trial

K = 256
ROUGH = 64
UNDECIDED = 1e-3


class Base(NamedTuple):
    """Where a subject is looked at: constructor arguments, inputs, parameters.

    `optional` names gradients that backward need not give; `labels` begin a backward that has
    the loss inside.
    """

    arguments: dict[str, Any]
    inputs: tuple[Any, ...]
    values: dict[str, Any]
    optional: frozenset[str] = frozenset()
    labels: Any = None
    purpose: str = "drawn inputs"


class Measured(NamedTuple):
    """The value at a base, and by name the slopes (y, coordinate) with their error bars."""

    base: Base
    y: Any
    left: dict[str, Any]
    right: dict[str, Any]
    error: dict[str, Any]
    exact: Any = None
    reference: str = ""

    def trial(self, dy: Any, dtype: str, purpose: str, **more: Any) -> Trial:
        """The trial with an upstream gradient in a dtype."""
        base = self.base
        dy = np.asarray(cast(np.asarray(dy, dtype=np.float64), dtype))
        known = dtype != "float64" or self.exact is not None
        with np.errstate(all="ignore"):
            expected = {n: self._gradient(n, dy, dtype) for n in self.left}
            expected |= {"y": self._value(dtype)} if known else {"y": self._anything()}
        return Trial(
            base.arguments, tuple(cast(x, dtype) for x in base.inputs), dy, expected, dtype,
            {k: cast(v, dtype) for k, v in base.values.items()}, purpose=purpose,
            optional=base.optional, oracle="differences of forward",
            value_oracle=self.reference, labels=cast(base.labels, dtype), **more,
        )  # fmt: skip

    def _anything(self) -> Bound:
        zero = np.zeros(self.y.shape)
        return Bound(self.y, self.y, zero, zero, zero == 0, zero > 0)

    def _value(self, dtype: str) -> Bound:
        lim, y = limits(dtype), self.y if self.exact is None else self.exact
        terms = np.abs(y) + 0
        for name, left in self.left.items():
            size = np.fmax(np.abs(left), np.abs(self.right[name]))
            x = np.abs(self._array(name).astype(Wide)).ravel()
            terms = terms + np.where(np.isfinite(size), size, 0).dot(x).reshape(y.shape)
        tolerance = K * lim.unit * np.fmax(1, terms)
        return Bound(y, y, tolerance, tolerance, np.isnan(self.y), np.zeros(y.shape) > 0)

    def _array(self, name: str) -> Any:
        base = self.base
        return base.values[name[2:]] if ":" in name else base.inputs[int(name[1:])]

    def _gradient(self, name: str, dy: Any, dtype: str) -> Bound:
        lim, shape = limits(dtype), self._array(name).shape
        up = dy.astype(Wide).ravel()[:, None]
        used = up != 0
        a = np.where(used, up * self.left[name], 0)
        b = np.where(used, up * self.right[name], 0)
        low, high = np.fmin(a, b).sum(0), np.fmax(a, b).sum(0)
        terms = np.fmax(np.abs(a), np.abs(b)).sum(0)
        error = np.where(used, np.abs(up) * self.error[name], 0).sum(0)
        most = np.max(np.abs(up), initial=0) * max(1, float(np.max(terms_of(self.left[name]))))
        wide = ROUGH * lim.unit * (most + terms) + K * lim.unit * terms
        tolerance = wide + 4 * error + lim.normal / lim.unit * (1 + np.sum(np.abs(up)))
        free = ~np.isfinite(low) | ~np.isfinite(high) | (error > UNDECIDED * np.fmax(most, terms))
        low, high, tolerance, free = (v.reshape(shape) for v in (low, high, tolerance, free))
        return Bound(low, high, tolerance, tolerance, free, np.zeros(shape) > 0)

    def trials(self, dtype: str, rng: np.random.Generator, thorough: bool) -> Iterator[Trial]:
        """One trial for each upstream gradient and memory layout."""
        shape = self.y.shape
        signed = short(rng.standard_normal(shape))
        yield self.trial(signed, dtype, self.base.purpose, properties=True)
        yield self.trial(np.ones(shape), dtype, "upstream gradient 1")
        if not thorough or self.base.labels is not None:
            return
        yield self.trial(np.zeros(shape), dtype, "upstream gradient 0")
        yield self.trial(-2 * signed, dtype, "upstream gradient -2")
        yield self.trial(np.full(shape, 2.0**-60), dtype, "upstream gradient 2^-60")
        if signed.size > 1:
            one = np.zeros(signed.size)
            one[rng.integers(signed.size)] = 1.0
            yield self.trial(one.reshape(shape), dtype, "one upstream gradient 1, the rest 0")
        for layout in grid.LAYOUTS:
            yield self.trial(signed, dtype, f"memory layout {layout}", layout=layout)


def terms_of(left: Any) -> Any:
    """The sizes of finite slopes; 0 for an empty array."""
    return np.append(np.where(np.isfinite(left), np.abs(left), 0).ravel(), 0)


def cast(x: Any, dtype: str) -> Any:
    """Floating arrays in the dtype, others as they are."""
    floating = isinstance(x, np.ndarray) and x.dtype.kind == "f"
    return grid.rounded(x, dtype) if floating else x


def measure(forward: Forward, base: Base) -> Measured | None:
    """The value and the Jacobian at a base; None where forward gives no value."""
    (y,) = forward([(base.inputs, base.values)])
    if y is None:
        return None
    moves = list(_moves(forward, base))
    answers = iter(forward([m for *_, m in moves]))
    lost = np.full(y.shape, np.nan, dtype=Wide)
    found = [_fitting(next(answers), y.shape, lost) for _ in moves]
    left, right, error = {}, {}, {}
    per_side, start = len(STEPS), 0
    for name, x in places(base):
        size = 2 * per_side * x.size
        rows = np.array(found[start : start + size], dtype=Wide)
        rows = rows.reshape(x.size, 2, per_side, y.size)
        h = np.array([m[0] for m in moves[start : start + size]], dtype=Wide)
        h = h.reshape(x.size, 2, per_side, 1)
        start += size
        sides = [Side(np.moveaxis(rows[:, k], 1, 0), np.moveaxis(h[:, k], 1, 0)) for k in (0, 1)]
        got = slopes(y.ravel()[None, :], sides[0], sides[1], forward.unit)
        left[name], right[name], error[name] = got.left.T, got.right.T, got.error.T
    return Measured(base, y, left, right, error)


def _fitting(y: Any, shape: tuple[int, ...], lost: Any) -> Any:
    return y if y is not None and y.shape == shape else lost


def places(base: Base) -> Iterator[tuple[str, Any]]:
    """The arrays that have a derivative, under their names in trials."""
    for i, x in enumerate(base.inputs):
        if floating(x):
            yield f"d{i}", x
    for name, value in base.values.items():
        if floating(value):
            yield f"d:{name}", value


def floating(x: Any) -> bool:
    """Whether it is an array of floats."""
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _moves(forward: Forward, base: Base) -> Iterator[tuple[Any, Any]]:
    """(step, point) for every coordinate, side and step."""
    for name, x in places(base):
        wide = x.astype(forward.dtype)
        for index in np.ndindex(x.shape):
            for sign in (-1, 1):
                for share in STEPS:
                    moved = wide.copy()
                    moved[index] += sign * float(share) * max(1.0, abs(float(x[index])))
                    yield moved[index] - wide[index], _placed(base, name, moved)


def _placed(base: Base, name: str, moved: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if ":" in name:
        return base.inputs, {**base.values, name[2:]: moved}
    index = int(name[1:])
    return (*base.inputs[:index], moved, *base.inputs[index + 1 :]), base.values
