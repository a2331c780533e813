"""Which known mistake the gradient of a matrix, a bias or an input of a layer fits.

Every reading must fit in all runs at once: the gradient that is not summed over
the batch, the one that is summed over too much, the one that never looks at the upstream gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from backprove.check.precision import Wide
from backprove.check.recognise import Run, near

CLOSE = 1e-6
Reading = Callable[[Any, Any], bool]


def code_of(runs: Sequence[Run], name: str) -> str:
    """GRD006 not summed over the batch, GRD008 upstream ignored; else ""."""
    pairs = [(_found(o, name), _low(t, name), t) for t, o in runs if _usable(t, o, name)]
    if not pairs:
        return ""
    if _any(pairs, lambda f, e: f.size > e.size) and _all(pairs, _summed):
        return "GRD006"
    return "GRD008" if ignores_upstream(runs, name) else ""


def ratio_of(runs: Sequence[Run], name: str) -> str:
    """ "1/N" or "N" where the gradient is off by the number of rows (or of elements)."""
    used = [(_found(o, name), _low(t, name), t) for t, o in runs if _usable(t, o, name)]
    used = [(f, e, t) for f, e, t in used if f.shape == e.shape]
    for count in (_rows, _elements):
        if (
            len({count(t) for *_, t in used}) < 2
            and max((count(t) for *_, t in used), default=1) < 2
        ):
            continue
        for label, power in (("1/N", -1.0), ("N", 1.0)):
            if used and all(near(f, e * float(count(t)) ** power, CLOSE) for f, e, t in used):
                return label
    return ""


def summed_too_far(runs: Sequence[Run], name: str) -> bool:
    """Whether every element is the sum of all elements of the right gradient."""
    used = [(_found(o, name), _low(t, name)) for t, o in runs if _usable(t, o, name)]
    wide = [(f, e) for f, e in used if e.size > 1 and f.size]
    return bool(wide) and all(near(f, np.full(f.shape, e.sum()), CLOSE) for f, e in wide)


def ignores_upstream(runs: Sequence[Run], name: str) -> bool:
    """Whether two upstream gradients give one gradient at the same inputs."""
    groups: dict[Any, list[tuple[Any, Any]]] = {}
    for trial, outcome in runs:
        if _usable(trial, outcome, name) and trial.layout == "plain":
            key = tuple(np.asarray(x).tobytes() for x in trial.inputs), repr(trial.arguments)
            groups.setdefault(key, []).append((_found(outcome, name), _low(trial, name)))
    told = [
        near(f, g, 1e-12)
        for group in groups.values()
        for (f, a), (g, b) in combinations(group[:4], 2)
        if f.shape == g.shape and a.shape == b.shape and not near(a, b, CLOSE)
    ]
    return bool(told) and all(told)


def _rows(trial: Any) -> int:
    return int(trial.dy.shape[0]) if trial.dy.ndim else len(np.atleast_1d(trial.inputs[0]))


def _elements(trial: Any) -> int:
    return max(int(trial.dy.size), 1)


def _summed(found: Any, expected: Any) -> bool:
    """Whether the sum over some axes is the right gradient."""
    if found.size == expected.size:
        return near(found.reshape(expected.shape), expected, CLOSE)
    return any(
        near(s.reshape(expected.shape), expected, CLOSE) for s in _sums(found, expected.size)
    )


def _sums(found: Any, size: int) -> Iterator[Any]:
    for count in range(1, found.ndim + 1):
        for axes in combinations(range(found.ndim), count):
            total = found.sum(axis=axes)
            if np.size(total) == size:
                yield np.asarray(total)


def _all(pairs: Any, reading: Reading) -> bool:
    return all(reading(f, e) for f, e, _ in pairs)


def _any(pairs: Any, reading: Reading) -> bool:
    return any(reading(f, e) for f, e, _ in pairs)


def _usable(trial: Any, outcome: dict[str, Any], name: str) -> bool:
    return (
        trial.dtype == "float64"
        and outcome.get("arrays", {}).get(name) is not None
        and name in trial.expected
        and trial.dy.size > 0
    )


def _found(outcome: dict[str, Any], name: str) -> Any:
    return np.asarray(outcome["arrays"][name]).astype(Wide)


def _low(trial: Any, name: str) -> Any:
    bound = trial.expected[name]
    return np.where(bound.free, np.nan, bound.low)
