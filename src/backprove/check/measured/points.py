"""The trials of an elementwise subject without a definition, on the same grid as all others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from backprove.check import bounds, grid
from backprove.check.measured.ask import Forward
from backprove.check.measured.differences import Side, Slopes, merged, slopes, steps
from backprove.check.plan import Pointwise
from backprove.check.pointwise import Table
from backprove.check.precision import Wide, limits
from backprove.check.trial import Bound, Trial

K = 256
ROUGH = 64
COARSE = 2.0**16
"""Beyond, a function that turns within 1 is not seen by steps that are shares of x."""

FLUSHED = 1e-280
"""Steps of the size of smaller numbers are denormal, and some libraries take these for 0."""

ORACLE = "differences of forward"


class MeasuredPoints(Pointwise):
    """A subject at one setting in one dtype, with measured slopes for all points.

    Where the square of x overflows, NaN is a convention.

    Of the value only what float64 gives is known: other dtypes are held to it. `reference` gives
    the value, where the user named one.
    """

    def __init__(
        self,
        forward: Forward,
        settings: dict[str, Any],
        dtype: str,
        seed: int,
        value: Any = None,
        reference: str = "",
    ) -> None:
        self.reference = reference
        self.arguments, self.dtype, self.context = forward.arguments, dtype, {}
        self.op, self.strict = None, False
        self.points = grid.values(dtype, grid.kinks(settings))
        self.unsure = grid.rounded_settings(self.points, settings, dtype)
        self.unsure |= grid.denormal(self.points, dtype)
        wide = self.points.astype(np.float64)
        self.slopes = measured(forward, wide)
        (y,) = forward([((wide,), {})])
        y = np.full(wide.shape, np.nan) if y is None else y
        self.known = dtype != "float64" or value is not None
        self.table = _table(y if value is None else value(wide), wide, self.slopes)
        self.rng = np.random.default_rng(seed)
        sizes = np.abs(wide)
        self.usual = np.nonzero((sizes <= 100) & ((sizes >= 1e-6) | (sizes == 0)))[0]

    def trial(self, index: Any, dy: Any, purpose: str, **more: Any) -> Trial:
        """The trial of the points with these numbers; its bounds are measured."""
        return replace(
            super().trial(index, dy, purpose, **more), oracle=ORACLE, value_oracle=self.reference
        )

    def _expected(self, index: Any, x: Any, dy: Any) -> dict[str, Bound]:
        part, lim = self.table.at(index), limits(self.dtype)
        error = self.slopes.error[index]
        steepest = np.fmax(np.abs(part.left), np.abs(part.right))
        own = np.fmax(1, np.where(np.isfinite(part.y), np.abs(part.y), 0))
        rough = ROUGH * lim.unit * np.fmax(np.fmax(1, steepest), own)
        slack = K * lim.unit * (steepest + part.slope_scale) + 4 * error
        tolerance = (np.fmax(rough, slack) + lim.normal / lim.unit) * np.fmax(np.abs(dy), 0)
        tolerance = tolerance + lim.normal / lim.unit
        lost = ~np.isfinite(error) | (steepest >= lim.largest / 4) | np.isnan(part.y)
        lost |= error > 1e-3 * np.fmax(1, steepest)
        free = lost | np.isnan(dy) | ~np.isfinite(x)
        far = np.abs(x) >= np.sqrt(lim.largest) / 8
        gradient = Bound(part.left * dy, part.right * dy, tolerance, tolerance, free, far)
        return {"y": self._value(part, x), "d0": gradient}

    def _value(self, part: Table, x: Any) -> Bound:
        bound = bounds.value_bound(part, x, self.dtype, False)
        away = np.full(np.shape(x), not self.known) | ~np.isfinite(x)
        return bounds.freed(bound, away | np.isnan(part.y))


def _table(y: Any, x: Any, found: Slopes) -> Table:
    size = np.where(np.isfinite(x), np.abs(x), 0).astype(Wide)
    steepest = np.fmax(np.abs(found.left), np.abs(found.right))
    return Table(np.asarray(y).astype(Wide), found.left, found.right, size * steepest,
                 size * found.bend)  # fmt: skip


def measured(forward: Forward, points: Any) -> Slopes:
    """The slopes at all points; small ones are looked at with steps of their own size too."""
    x = points.astype(forward.dtype)
    coarse = _with(forward, x, steps(x, False))
    small = (np.abs(x) < 1) & (np.abs(x) > FLUSHED)
    tiny = np.where(small, x, 1)
    fine = _with(forward, tiny, steps(tiny, True))
    both = merged(coarse, fine)
    return Slopes(*(np.where(small, b, a) for a, b in zip(coarse, both, strict=True)))


def _with(forward: Forward, x: Any, h: Any) -> Slopes:
    """All steps are asked for in one array: the subject is elementwise."""
    with np.errstate(all="ignore"):
        asked = np.concatenate([x[None], x - h, x + h])
        (y,) = forward([((asked.ravel(),), {})])
        rows = np.full(asked.shape, np.nan, dtype=Wide) if y is None else y.reshape(asked.shape)
        moved, count = (asked - x).astype(Wide), len(h)
        below = Side(rows[1 : count + 1], moved[1 : count + 1])
        above = Side(rows[count + 1 :], moved[count + 1 :])
        found = slopes(rows[0], below, above, forward.unit)
        unseen = (np.abs(x) > COARSE) & (_wavers(rows[0], below) | _wavers(rows[0], above))
        return found._replace(error=np.where(unseen, np.inf, found.error))


def _wavers(base: Any, side: Side) -> Any:
    """Where f changes as much over the smallest step as over all: it turns many times between."""
    moved = np.abs(side.f - base)
    return ~(moved[-1] <= 1e-3 * np.nanmax(np.where(np.isfinite(moved), moved, 0), axis=0))
