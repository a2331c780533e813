"""Checking a subject whose definition is not known."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backprove.check.cells import Tally, run_pointwise
from backprove.check.grid import PARAMETERS
from backprove.check.kinks import Kink, kinks
from backprove.check.measured import losses
from backprove.check.measured.accepted import bases, drawn
from backprove.check.measured.ask import Forward
from backprove.check.measured.examples import Base, Measured, measure
from backprove.check.measured.points import MeasuredPoints
from backprove.check.measured.scan import scanned
from backprove.check.trial import SMALLER
from backprove.findings import Check

DTYPES = ("float64", "float32")
MOST_COORDINATES = 400
SEVERAL = 3
SMALL = 1e-30
"""Kinks below belong to the one at 0."""


@dataclass
class Study:
    """What came out: the tally, kinks that were met, and further checks to tell."""

    tally: Tally = field(default_factory=Tally)
    kinks: list[Kink] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    bases: list[Measured] = field(default_factory=list)
    ratios: dict[Any, float] = field(default_factory=dict)
    elementwise: bool = False
    referred: bool = False
    loss: str = ""


def study(subject: Any, given: dict[str, Any], seed: int, reference: Any = None) -> Study:
    """Run the subject on everything that it accepts.

    Raises UsageError if forward accepts none of the inputs that are tried.
    """
    found = Study()
    rng = np.random.default_rng(seed)
    facts, names = subject.facts, subject.facts["inputs"]
    learns = facts["parameters"] or facts.get("unshaped")
    if len(names) == 1 and not learns and facts["protocol"] == "upstream":
        found.elementwise = _elementwise(subject)
    if found.elementwise:
        _points(subject, given, seed, found, reference)
        return found
    values, accepted = drawn(subject, names, rng, found.tally)
    for recipe in accepted:
        for base in bases(subject, recipe, names, values, rng, found.tally):
            _example(subject, base, rng, found, reference)
            if found.tally.ended:
                return found
    return found


def _elementwise(subject: Any) -> bool:
    """Whether every element of y depends on the same element of x alone."""
    forward = Forward(subject, {})
    x = np.array([0.3, -1.2, 2.5, 0.7, -0.4, 1.6])
    whole, *single = forward([((x,), {}), *(((x[i : i + 1],), {}) for i in range(x.size))])
    if whole is None or whole.shape != x.shape or any(s is None or s.size != 1 for s in single):
        return False
    alone = np.array([s.ravel()[0] for s in single])
    with np.errstate(all="ignore"):
        near = np.abs(alone - whole) <= 1e-6 * (1 + np.abs(whole))
    return bool(np.all(near | ~np.isfinite(whole)))


def _points(subject: Any, given: dict[str, Any], seed: int, found: Study, reference: Any) -> None:
    defaults = subject.constructor["defaults"]
    for arguments in _settings(subject, given):
        forward = Forward(subject, arguments)
        forward.widen((np.array([0.3, 1.7]),), {})
        numbers = {k: v for k, v in {**defaults, **given, **arguments}.items() if _float(v)}
        numbers |= {f"kink {i}": v for i, v in enumerate(scanned(forward))}
        value = None if reference is None else reference.points(arguments)
        name = "" if reference is None else reference.name
        for dtype in DTYPES:
            cell = MeasuredPoints(forward, numbers, dtype, seed, value, name)
            before = len(found.tally.runs)
            run_pointwise(subject, cell, found.tally)
            if found.tally.ended:
                return
            if dtype == "float64" and len(found.tally.runs) > before:
                first, outcome = found.tally.runs[before]
                found.kinks += _apart(kinks(cell, outcome, first.expected["d0"].free))


def _apart(found: list[Kink]) -> list[Kink]:
    """One kink of those that differences cannot tell apart: the one that is the shortest number."""
    ordered = sorted(found, key=lambda k: len(repr(k.x)))
    near = {f"{k.x if abs(k.x) > SMALL else 0.0:.6g}": k for k in reversed(ordered)}
    return sorted(near.values(), key=lambda k: k.x)


def _settings(subject: Any, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Its own defaults, then every usual value of every number that was not given."""
    found: list[dict[str, Any]] = [{}]
    for name, default in subject.constructor["defaults"].items():
        if isinstance(default, float) and name not in given and subject.varies:
            others = [{name: v} for v in PARAMETERS if v != default]
            probe = Forward(subject, {})
            for arguments in others:
                probe.arguments = arguments
                (y,) = probe([((np.array([0.0, 1.0, 0.3, -1.2, 2.5]),), {})])
                if y is not None and np.isfinite(y).all():
                    found.append(arguments)
    return found


def _float(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _example(
    subject: Any, base: Base, rng: np.random.Generator, found: Study, reference: Any
) -> None:
    """Measure a base and run its trials in every dtype."""
    forward = Forward(subject, base.arguments)
    forward.widen(base.inputs, base.values)
    if sum(np.size(x) for x in (*base.inputs, *base.values.values())) > MOST_COORDINATES:
        return
    measured = measure(forward, base)
    if measured is None:
        return
    measured = _referred(measured, reference, found)
    if base.labels is not None:
        _with_loss(subject, measured, found)
        return
    found.bases.append(measured)
    for dtype in DTYPES:
        trials = list(measured.trials(dtype, rng, dtype == "float64"))
        outcomes = subject.run([t.request() for t in trials])
        for trial, outcome in zip(trials, outcomes, strict=True):
            found.tally.add(trial, outcome, None, maker(forward, reference, found))
        if found.tally.ended:
            return


def maker(forward: Forward, reference: Any, found: Study) -> Any:
    """Makes trials of other arrays by measuring there."""

    def make(case: Any, dtype: str) -> Any:
        there = Forward(forward.subject, case.arguments)
        there.dtype = forward.dtype
        optional = found.bases[0].base.optional if found.bases else frozenset()
        base = Base(case.arguments, case.inputs, case.values, optional, case.labels, SMALLER)
        measured = measure(there, base)
        if measured is None or measured.y.shape != np.shape(case.dy):
            return None
        if base.labels is None:
            return _referred(measured, reference, found).trial(case.dy, dtype, SMALLER)
        readings = dict(losses.candidates(measured.y, base.labels))
        slope = readings.get(found.loss)
        return None if slope is None else measured.trial(slope, dtype, found.loss)

    return make


def _referred(measured: Measured, reference: Any, found: Study) -> Measured:
    """The base with the reference's value, if it has one of the same size.

    A loss may be defined up to a factor: a sum in the place of a mean, one half or none.
    """
    exact = None if reference is None else reference.value(measured.base)
    if exact is None or np.size(exact) != measured.y.size:
        return measured
    exact = np.asarray(exact, dtype=measured.y.dtype).reshape(measured.y.shape)
    if reference.loose:
        shapes = tuple(np.shape(x) for x in measured.base.inputs)
        ratio = found.ratios.setdefault(shapes, float(np.ravel(measured.y / exact)[0]))
        exact = exact * (ratio if np.isfinite(ratio) and ratio > 0 else 1)
    found.referred = True
    return measured._replace(exact=exact, reference=reference.name)


def _with_loss(subject: Any, measured: Measured, found: Study) -> None:
    """Run once, and take the loss whose gradients fit best."""
    readings = losses.candidates(measured.y, measured.base.labels)
    trials = [measured.trial(dy, "float64", name, properties=True) for name, dy in readings]
    if not trials:
        return
    (outcome,) = subject.run([trials[0].request()])
    tallies = []
    for trial in trials:
        tally = Tally()
        tally.add(trial, outcome, None)
        tallies.append(tally)
    best = min(range(len(trials)), key=lambda i: len(tallies[i].failures))
    found.bases.append(measured)
    found.loss = trials[best].purpose
    make = maker(Forward(subject, measured.base.arguments), None, found)
    found.tally.add(trials[best], outcome, None, make)
    right = not tallies[best].failures
    said = Check("loss", "ok" if right else "undecided", trials[best].purpose)
    found.checks += [said] if said not in found.checks else []
