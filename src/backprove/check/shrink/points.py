"""The simplest failure: fewest elements, simplest dtype, setting and numbers.

Failing elements are run alone; those that do not fail alone in arrays of equal elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from backprove.check.cells import Tally
from backprove.check.compare import likewise
from backprove.check.grid import simplicity
from backprove.check.precision import DTYPES
from backprove.check.trial import Failure, Trial

TRIED = 32
TRIED_LENGTHS = 3
LENGTHS = (2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 128, 256)
"""Lengths at which libraries begin to use vector instructions."""

TABLES = ((2, 1), (1, 2), (2, 2), (2, 1, 1))
"""Small arrays of several axes."""

COMPILED = (8, 64)
"""The lengths for a library that compiles for every shape."""


def lengths(subject: Any) -> tuple[int, ...]:
    """The lengths of arrays of equal elements that are worth trying."""
    return COMPILED if getattr(subject, "compiled", False) else LENGTHS


SEVERITY = ("wrong", "not finite", "shape", "missing", "imprecise", "special")


def simplest(found: list[Failure], subject: Any, tally: Tally) -> Failure:
    """The simplest failure of one kind; single elements are run anew to see if they fail alone."""
    ordered = sorted(found, key=_difficulty)
    alone = [f for f in ordered if f.trial.dy.size == 1]
    candidates = _singles(sorted(found, key=_plainness), tally)
    alone += _failing(candidates, ordered[0], subject)
    alone = alone or _repeated(candidates[:TRIED_LENGTHS], ordered, subject, tally)
    return min(alone, key=_difficulty) if alone else ordered[0]


def _failing(trials: list[Trial], like: Failure, subject: Any) -> list[Failure]:
    """What fails likewise when the trials are run."""
    outcomes = subject.run([t.request() for t in trials]) if trials else []
    pairs = zip(trials, outcomes, strict=True)
    return [f for trial, outcome in pairs for f in likewise(like, trial, outcome)]


def _repeated(
    singles: list[Trial], ordered: list[Failure], subject: Any, tally: Tally
) -> list[Failure]:
    """Failures of points that do not fail alone but in arrays of equal elements.

    These have the lengths at which vector instructions begin, or else the axes and the memory
    layouts of the failures that are known.
    """
    found: list[Failure] = []
    for single in singles:
        source = tally.cells[id(single)]
        index, dy = position(source.points, single.inputs[0][0]), float(single.dy[0])
        for shapes, layouts in _arrays(ordered, subject):
            trials = [
                source.trial(np.full(shape, index), dy, "equal elements", layout=layout)
                for shape in shapes
                for layout in layouts
            ]
            tally.cells.update((id(t), source) for t in trials)
            if more := _failing(trials, ordered[0], subject):
                found += more
                break
    return found


Shapes = tuple[tuple[int, ...], ...]


def _arrays(ordered: list[Failure], subject: Any) -> Iterator[tuple[Shapes, tuple[str, ...]]]:
    """Shapes and layouts of arrays that are worth trying together."""
    yield tuple((n,) for n in lengths(subject)), ("plain",)
    if any(f.trial.dy.ndim > 1 for f in ordered):
        yield TABLES, ("plain",)
    layouts = dict.fromkeys(f.trial.layout for f in ordered if f.trial.layout != "plain")
    yield ((2,), *TABLES), tuple(layouts)
    longest = tuple(f.trial.dy.shape for f in ordered if f.trial.dy.ndim == 1)[:1]
    yield longest, ("plain",)


def _singles(ordered: list[Failure], tally: Tally) -> list[Trial]:
    """Trials of the failing points alone, with the upstream gradient 1 and with their own."""
    found, seen = [], set()
    for failure in ordered:
        source = tally.points.get(id(failure.trial))
        if source is None or failure.kind in ("shape", "missing"):
            continue
        x, dy = failure.trial.inputs[0][failure.place], failure.trial.dy[failure.place]
        index = position(source.points, x)
        for upstream in (1.0, float(dy)):
            key = (id(source), index, upstream)
            if key not in seen:
                seen.add(key)
                found.append(source.singles(index, upstream))
                tally.cells[id(found[-1])] = source
        if len(found) >= TRIED:
            break
    return found


def position(points: Any, x: Any) -> int:
    """The number of a point, to the bit."""
    wanted = np.asarray(x).tobytes()
    return next(i for i, p in enumerate(points) if p.tobytes() == wanted)


def _plainness(failure: Failure) -> tuple[Any, ...]:
    """How simple a failing element is by itself, whatever array it stood in."""
    trial, full = failure.trial, _difficulty(failure)
    return (*full[:2], len(repr(trial.arguments)), full[2], full[-1])


def _difficulty(failure: Failure) -> tuple[Any, ...]:
    trial = failure.trial
    single = _pointwise(failure) and len(failure.place) == trial.dy.ndim
    x = trial.inputs[0][failure.place] if single else np.float64(0)
    dy = trial.dy[failure.place] if single else np.float64(1)
    return (
        SEVERITY.index(failure.kind),
        len(trial.arguments),
        DTYPES.index(trial.dtype),
        trial.dy.size > 1,
        trial.layout != "plain",
        trial.dy.size,
        simplicity(float(x)) + simplicity(float(dy)) / 4,
    )


def _pointwise(failure: Failure) -> bool:
    trial = failure.trial
    return len(trial.inputs) == 1 and np.shape(trial.inputs[0]) == trial.dy.shape == _shape(failure)


def _shape(failure: Failure) -> Any:
    return failure.trial.expected[failure.name].low.shape
