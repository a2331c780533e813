"""The smallest failing case of an operator on arrays: few elements, simple numbers.

Axes of one length are cut together, in inputs, parameters, upstream gradient and in constructor
arguments that were guessed. Then whole arrays become 0, 1 or small whole numbers, then single
elements, as long as the same result still fails in the same way. What is expected is found anew for
every case that is tried.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backprove.check.compare import likewise
from backprove.check.trial import Failure, Trial

SECONDS, MOST, FEW = 15.0, 160, 12


@dataclass(frozen=True)
class Case:
    """What a trial is made of."""

    arguments: dict[str, Any]
    inputs: tuple[Any, ...]
    values: dict[str, Any]
    dy: Any
    labels: Any = None

    def arrays(self) -> dict[str, Any]:
        """Every floating or whole-number array by its place."""
        found = {f"value {k}": v for k, v in self.values.items()}
        found |= {f"input {i}": x for i, x in enumerate(self.inputs)} | {"dy": self.dy}
        found |= {} if self.labels is None else {"labels": self.labels}
        return {
            k: v for k, v in found.items() if isinstance(v, np.ndarray) and v.dtype.kind in "fiu"
        }

    def having(self, arrays: dict[str, Any]) -> Case:
        """The case with other arrays at those places."""
        inputs = tuple(arrays.get(f"input {i}", x) for i, x in enumerate(self.inputs))
        values = {k: arrays.get(f"value {k}", v) for k, v in self.values.items()}
        return replace(
            self, inputs=inputs, values=values, dy=arrays.get("dy", self.dy),
            labels=arrays.get("labels", self.labels),
        )  # fmt: skip


Maker = Callable[[Case, str], Trial | None]
"""Makes the trial of a case in a dtype, with what is expected; None where there is none."""


class Reduction:
    """One search, within a number of runs and a time."""

    def __init__(self, failure: Failure, subject: Any, make: Maker, sizes: dict[str, int]) -> None:
        self.best, self.subject, self.make, self.sizes = failure, subject, make, sizes
        self.left, self.end = MOST, time.monotonic() + SECONDS
        trial = failure.trial
        wide = {"float32", "bfloat16", "float16"} & {trial.dtype}
        self.dtype = trial.dtype
        self.case = Case(
            trial.arguments, _plain(trial.inputs), _plain(trial.values), _plain(trial.dy),
            _plain(trial.labels),
        )  # fmt: skip
        if wide:
            self._try(self.case, "float64")

    def run(self) -> Failure:
        """The smallest failure that was met."""
        for step in (
            self._arguments, self._at_place, self._cut, self._together, self._whole, self._single,
        ):  # fmt: skip
            step()
        return self.best

    def _try(self, case: Case, dtype: str = "") -> bool:
        """Whether the case fails likewise; it is kept if it does."""
        if self.left <= 0 or time.monotonic() > self.end:
            return False
        self.left -= 1
        try:
            trial = self.make(case, dtype or self.dtype)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return False
        if trial is None:
            return False
        (outcome,) = self.subject.run([trial.request()])
        same = likewise(self.best, trial, outcome)
        if not same:
            return False
        self.best, self.case, self.dtype = same[0], case, trial.dtype
        return True

    def _arguments(self) -> None:
        """Leave constructor arguments out, so that they have their defaults."""
        for name in self.case.arguments:
            rest = {k: v for k, v in self.case.arguments.items() if k != name}
            self._try(replace(self.case, arguments=rest))

    def _at_place(self) -> None:
        """The failing element alone, or else its row, in all arrays of that length."""
        place = self.best.place
        if not place:
            return
        shape = np.shape(self.best.trial.expected[self.best.name].low)
        element = tuple(slice(i, i + 1) for i in place)
        arrays = self.case.arrays().items()
        alone = {k: a[element] for k, a in arrays if a.shape == shape and a.size > 1}
        if alone and self._try(self.case.having(alone)):
            return
        rows = {k: a[element[:1]] for k, a in arrays if a.ndim and a.shape[0] == shape[0] > 1}
        if rows:
            self._try(self.case.having(rows))

    def _cut(self) -> None:
        """Keep the first or last one or two of axes, those of the same length together."""
        lengths = {n for a in self.case.arrays().values() for n in np.shape(a) if n > 1}
        for length in sorted(lengths):
            parts = [(n, part) for n in (1, 2) for part in (slice(n), slice(-n, None))]
            for shorter, part in parts:
                if shorter < length and self._try(self._shortened(length, shorter, part)):
                    break

    def _shortened(self, length: int, shorter: int, part: slice) -> Case:
        cut = {
            k: np.array(a[tuple(part if n == length else slice(None) for n in a.shape)], order="C")
            for k, a in self.case.arrays().items()
        }
        sizes = {**self.sizes, **{k: v for k, v in self.case.arguments.items() if k in self.sizes}}
        new = {k: shorter for k, v in sizes.items() if v == length}
        case = self.case.having(cut)
        return replace(case, arguments={**case.arguments, **new})

    def _together(self) -> None:
        """Make all inputs equal: some mistakes need that."""
        inputs = {k: a for k, a in self.case.arrays().items() if k.startswith("input")}
        if len(inputs) > 1 and all(a.dtype.kind == "f" for a in inputs.values()):
            for value in (1, 2):
                if self._try(
                    self.case.having({k: np.full_like(a, value) for k, a in inputs.items()})
                ):
                    break

    def _whole(self) -> None:
        """Make whole arrays simple."""
        for name in self.case.arrays():
            array = self.case.arrays()[name]
            for simple in _simpler(array, name):
                if np.array_equal(simple, array) or self._try(self.case.having({name: simple})):
                    break

    def _single(self) -> None:
        """Make single elements simple, where there are few."""
        for name in self.case.arrays():
            if self.case.arrays()[name].size > FEW:
                continue
            for index in np.ndindex(np.shape(self.case.arrays()[name])):
                for value in (0, 1, -1, 2, 0.5):
                    array = self.case.arrays()[name].copy()
                    if array[index] == value:
                        break
                    array[index] = value
                    if array[index] == value and self._try(self.case.having({name: array})):
                        break


def _simpler(array: Any, name: str) -> Iterator[Any]:
    """Simple arrays in the shape of one: ones first for dy, else zeros."""
    zeros, ones = np.zeros_like(array), np.ones_like(array)
    count = np.arange(1, array.size + 1).reshape(array.shape).astype(array.dtype)
    if array.dtype.kind != "f":
        yield zeros
        return
    yield from (ones, zeros) if name == "dy" else (zeros, ones)
    yield count
    yield np.full_like(array, 0.5)
    yield np.rint(array)


def _plain(value: Any) -> Any:
    """Half-precision arrays as float64, which simple numbers survive."""
    if isinstance(value, tuple):
        return tuple(_plain(v) for v in value)
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    floating = isinstance(value, np.ndarray) and value.dtype.kind not in "iubO"
    return value.astype(np.float64) if floating else value


def reduced(failure: Failure, subject: Any, make: Maker, sizes: dict[str, int]) -> Failure:
    """The smallest failure of the same result and kind that the search meets."""
    if failure.kind in ("special", "imprecise"):
        return failure
    return Reduction(failure, subject, make, sizes).run()
