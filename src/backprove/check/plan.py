"""The trials of an elementwise operator: every point, shape, layout and upstream gradient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from backprove.check import bounds, grid
from backprove.check.pointwise import table
from backprove.check.precision import Wide
from backprove.check.trial import Bound, Trial


class Pointwise:
    """One definition at one setting in one dtype, with the answers for all its points."""

    def __init__(
        self,
        op: Any,
        arguments: dict[str, Any],
        dtype: str,
        context: dict[str, Any],
        seed: int,
        strict: bool = True,
    ) -> None:
        self.strict = strict
        self.op, self.arguments, self.dtype, self.context = op, arguments, dtype, context
        settings = {k: v for k, v in vars(op).items() if not k.startswith("_")}
        self.points = grid.values(dtype, grid.kinks(settings))
        self.unsure = grid.rounded_settings(self.points, settings, dtype)
        if not strict:
            self.unsure |= grid.denormal(self.points, dtype)
            self.unsure |= grid.beside(self.points, grid.kinks(settings), dtype)
            if any(isinstance(v, float) and v == 0 for v in settings.values()):
                self.unsure |= self.points == 0
        self.table = table(op, self.points, context)
        self.rng = np.random.default_rng(seed)
        sizes = np.abs(self.points.astype(np.float64))
        self.usual = np.nonzero((sizes <= 100) & ((sizes >= 1e-6) | (sizes == 0)))[0]

    def trial(self, index: Any, dy: Any, purpose: str, **more: Any) -> Trial:
        """The trial of the points with these numbers, in the shape of `index`."""
        index = np.asarray(index, dtype=np.intp)
        dy = grid.rounded(np.broadcast_to(dy, index.shape), self.dtype)
        x = self.points[index]
        wide, upstream = np.asarray(x).astype(Wide), np.asarray(dy).astype(Wide)
        with np.errstate(all="ignore"):
            expected = self._expected(index, wide, upstream)
            expected = {k: bounds.freed(b, self.unsure[index]) for k, b in expected.items()}
        return Trial(
            self.arguments, (np.asarray(x),), np.asarray(dy), expected, self.dtype,
            dict(self.context), purpose=purpose, **more,
        )  # fmt: skip

    def _expected(self, index: Any, x: Any, dy: Any) -> dict[str, Bound]:
        """What value and gradient must be at the points x."""
        part = self.table.at(index)
        return {
            "y": bounds.value_bound(part, x, self.dtype, self.strict, self.op),
            "d0": bounds.gradient_bound(part, x, dy, self.dtype, self.op, self.strict),
        }

    def trials(self, thorough: bool = True, compiled: bool = False) -> Iterator[Trial]:
        """All trials; without `thorough` only the points with two upstream gradients.

        A library that compiles for every shape (`compiled`) is asked at fewer shapes, with the
        usual points repeated to the length of all points, and has one memory layout.
        """
        everything = np.arange(self.points.size)
        yield self.trial(everything, 1.0, "points", properties=True)
        yield self.trial(everything, self._signed(everything.size), "signed upstream gradient")
        yield self.trial(everything, -2.0, "upstream gradient -2")
        if not thorough:
            return
        usual = np.resize(self.usual, everything.size) if compiled else self.usual
        for value in grid.upstreams(self.dtype):
            yield self.trial(usual, value, f"upstream gradient {value:g}")
        yield self._one_nan(usual)
        for shape in grid.FEW_SHAPES.get(self.dtype, ()) if compiled else grid.SHAPES:
            index = self._spread(shape)
            yield self.trial(index, self._signed(shape), f"shape {shape}", properties=shape == (3,))
        for layout in () if compiled else grid.LAYOUTS:
            index = self._spread((4, 6))
            yield self.trial(index, self._signed((4, 6)), f"memory layout {layout}", layout=layout)

    def singles(self, index: int, dy: float) -> Trial:
        """One point alone."""
        return self.trial([index], dy, "one element")

    def _spread(self, shape: tuple[int, ...]) -> Any:
        count = int(np.prod(shape))
        order = self.rng.permutation(self.usual)
        return np.resize(order, count).reshape(shape)

    def _signed(self, shape: Any) -> Any:
        return self.rng.standard_normal(shape) + 0.0

    def _one_nan(self, index: Any) -> Trial:
        dy = np.ones(index.size)
        dy[dy.size // 2] = np.nan
        return self.trial(index, dy, "one upstream gradient NaN")
