"""The same number must give the same result alone, in a long array, and wherever it stands.

Libraries compute the bulk of an array with vector instructions and the rest one by one. A point
whose result in the array is not the one that it has alone, beyond what rounding may change, is
then looked for in arrays of equal elements, from short ones to long ones.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from backprove.check.cells import Tally
from backprove.check.grid import simplicity
from backprove.check.plan import Pointwise
from backprove.check.precision import limits
from backprove.check.shrink.points import lengths
from backprove.check.trial import Failure, Trial

TRIED = 3


def run_positions(subject: Any, source: Pointwise, tally: Tally) -> None:
    """Run every point alone, and note those that differ from what they gave in the first trial."""
    first = next((t, o) for t, o in tally.runs if tally.cells.get(id(t)) is source)
    trials = [source.singles(i, 1.0) for i in range(source.points.size)]
    outcomes = subject.run([t.request() for t in trials])
    for trial, outcome in zip(trials, outcomes, strict=True):
        tally.add(trial, outcome, source)
        if tally.ended:
            return
    for name in first[0].expected:
        found = _differing(name, first, outcomes, source)
        tally.positions += _shortest(found, subject, source, name)


def _differing(name: str, first: Any, outcomes: list[Any], source: Pointwise) -> list[Failure]:
    """The points of the first trial whose result is another one than alone."""
    trial, outcome = first
    whole = outcome.get("arrays", {}).get(name)
    if whole is None or np.shape(whole) != source.points.shape:
        return []
    found = []
    for i, alone in enumerate(outcomes):
        single = alone.get("arrays", {}).get(name)
        if single is not None and np.size(single) == 1:
            a, b = float(whole[i]), float(np.ravel(single)[0])
            if not _alike(a, b, trial, name, i):
                found.append(Failure(trial, name, "position", (i,), a, b, b))
    return sorted(found, key=lambda f: simplicity(float(source.points[f.place])))


def _alike(a: float, b: float, trial: Trial, name: str, i: int) -> bool:
    if a == b or (np.isnan(a) and np.isnan(b)):
        return True
    lim, allowed = limits(trial.dtype), float(trial.expected[name].tolerance[i])
    floor = max(lim.normal / lim.unit, 64 * lim.unit * min(abs(a), abs(b)))
    return abs(a - b) <= max(floor, allowed if np.isfinite(allowed) else 0)


def _shortest(found: list[Failure], subject: Any, source: Pointwise, name: str) -> list[Failure]:
    """One failure of each kind of number, each in the shortest array of equal elements."""
    chosen = []
    for group in _groups(found, source):
        short = [_in_equal_elements(f, subject, source, name) for f in group]
        if short:
            chosen.append(min(short, key=lambda f: f.trial.dy.size))
    return chosen


def _groups(found: list[Failure], source: Pointwise) -> list[list[Failure]]:
    """Ordinary numbers, those below the smallest normal one, infinities, NaN: each has a cause."""
    kinds: dict[str, list[Failure]] = {"number": [], "denormal": [], "infinite": [], "nan": []}
    normal = limits(source.dtype).normal
    for failure in found:
        x = abs(float(source.points[failure.place]))
        small = "denormal" if x < normal else "number"
        kind = "nan" if np.isnan(x) else "infinite" if np.isinf(x) else small
        kinds[kind].append(failure)
    return [part[: 1 if kind == "nan" else TRIED] for kind, part in kinds.items()]


def _in_equal_elements(failure: Failure, subject: Any, source: Pointwise, name: str) -> Failure:
    point, alone = failure.place[0], failure.low
    trials = [source.trial(np.full(n, point), 1.0, "equal elements") for n in lengths(subject)]
    outcomes = subject.run([t.request() for t in trials])
    for trial, outcome in zip(trials, outcomes, strict=True):
        result = np.asarray(outcome.get("arrays", {}).get(name, []), dtype=np.float64)
        for i, value in enumerate(result.tolist()):
            if not _alike(value, alone, trial, name, i):
                return replace(failure, trial=trial, place=(i,), found=value)
    return failure
