"""Running a subject on all trials: one cell is one definition, at one setting, in one dtype."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from backprove.check.compare import failures
from backprove.check.examples import examples
from backprove.check.framework import Framework
from backprove.check.plan import Pointwise
from backprove.check.trial import Failure, Trial
from backprove.targets.trial import Outcome

HALF = ("float16", "bfloat16")


@dataclass
class Tally:
    """Everything that came out of the trials of one subject."""

    failures: list[Failure] = field(default_factory=list)
    runs: list[tuple[Trial, dict[str, Any]]] = field(default_factory=list)
    notes: list[tuple[str, Trial]] = field(default_factory=list)
    errors: list[tuple[Outcome, Trial]] = field(default_factory=list)
    ended: tuple[Outcome, Trial] | None = None
    points: dict[int, Pointwise] = field(default_factory=dict)
    cells: dict[int, Pointwise] = field(default_factory=dict)
    positions: list[Failure] = field(default_factory=list)
    makers: dict[int, Any] = field(default_factory=dict)
    random: bool = False
    unsupported: dict[str, str] = field(default_factory=dict)

    def add(
        self,
        trial: Trial,
        outcome: dict[str, Any],
        source: Pointwise | None,
        make: Any = None,
    ) -> None:
        """Note one outcome.

        `make` makes trials like this one from other arrays (see `shrink.arrays`).
        """
        if "ended" in outcome:
            self.ended = self.ended or (outcome["ended"], trial)
            return
        if "stopped" in outcome:
            if outcome["stopped"].kind != "not run":
                self.errors.append((outcome["stopped"], trial))
            return
        self.runs.append((trial, outcome))
        if source is not None:
            self.cells[id(trial)] = source
        self.notes += [(note, trial) for note in outcome["notes"]]
        found = failures(trial, outcome)
        if source is not None:
            self.points.update((id(f.trial), source) for f in found)
        if make is not None:
            self.makers.update((id(f.trial), make) for f in found)
        self.failures += found


def run_pointwise(subject: Any, source: Pointwise, tally: Tally, thorough: bool = True) -> None:
    """Run all trials of one elementwise cell."""
    framework = isinstance(subject, Framework)
    thorough = thorough and not (framework and source.dtype in HALF)
    first, *rest = source.trials(thorough, framework and subject.compiled)
    outcomes = subject.run([first.request()])
    if unsupported(subject, source.dtype, outcomes[0], tally):
        return
    tally.add(first, outcomes[0], source)
    if tally.ended:
        return
    outcomes = subject.run([t.request() for t in rest])
    for trial, outcome in zip(rest, outcomes, strict=True):
        tally.add(trial, outcome, source)


def unsupported(subject: Any, dtype: str, outcome: dict[str, Any], tally: Tally) -> bool:
    """Whether a framework refuses a half precision, which is noted with its words."""
    if dtype not in HALF or not isinstance(subject, Framework):
        return False
    if "stopped" in outcome:
        tally.unsupported.setdefault(dtype, outcome["stopped"].error)
    return dtype in tally.unsupported


def run_examples(
    subject: Any,
    cls: Any,
    dtypes: tuple[str, ...],
    seed: int,
    tally: Tally,
    pairs: dict[str, str] | None = None,
    strict: bool = False,
) -> None:
    """Run the examples of an operator, those that the subject's arguments (`pairs`) can say."""
    back = None if pairs is None else {ours: theirs for theirs, ours in pairs.items()}
    for example in examples(cls):
        if back is not None and not _sayable(example, back):
            continue
        if isinstance(subject, Framework) and not subject.sayable(example.case.arguments):
            continue
        if isinstance(subject, Framework) and example.random:
            tally.random = True
            continue
        for dtype in (d for d in dtypes if example.only in ("", d)):
            trials = list(example.trials(dtype, np.random.default_rng(seed), strict))
            if isinstance(subject, Framework) and example.values.keys() & cls.signature.parameters:
                trials.append(example.parameters_alone(dtype))
            if strict and cls.limits_at_infinity:
                trials += example.infinite(dtype)
            if back is not None:
                trials = [_renamed(t, back) for t in trials]
            outcomes = subject.run([t.request() for t in trials])
            if unsupported(subject, dtype, outcomes[0], tally):
                continue
            for trial, outcome in zip(trials, outcomes, strict=True):
                tally.add(trial, outcome, None, example.maker(strict, back))
            if tally.ended:
                return


def fits_examples(subject: Any, cls: Any) -> bool:
    """Whether a stranger's class takes the inputs of the definition's first example.

    A loss must also have the definition's value there: another one may take its mean otherwise.
    """
    example = next((e for e in examples(cls) if not e.case.arguments and not e.values), None)
    if example is None:
        return False
    trial = example.trial(np.ones(example.exact.y.shape), "float64", "drawn inputs")
    (outcome,) = subject.run([trial.request()])
    if "ended" in outcome:
        return True
    y = outcome.get("arrays", {}).get("y")
    if y is None or np.shape(y) != example.exact.y.shape:
        return False
    exact = example.exact.y
    near = bool(np.all(np.abs(y - exact) <= 1e-3 * (1 + np.abs(exact))))
    return near or ".loss." not in cls.__module__


def _sayable(example: Any, back: dict[str, str]) -> bool:
    """Whether a stranger's class can be built and fed like the example: no parameters of ours."""
    return not example.values and all(k in back for k in example.case.arguments)


def _renamed(trial: Trial, back: dict[str, str]) -> Trial:
    arguments = {back[k]: v for k, v in trial.arguments.items() if k in back}
    return replace(trial, arguments=arguments)


def context_of(op: Any) -> dict[str, Any]:
    """The values that an elementwise operator asks for beside its input."""
    found: dict[str, Any] = {}
    if "training" in op.signature.context:
        found["training"] = False
    if "key" in op.signature.context:
        found["key"] = np.array([1, 2], dtype=np.uint32)
    return found


def pointwise_cells(
    settings: list[tuple[dict[str, Any], Any]],
    dtypes: tuple[str, ...],
    seed: int,
    strict: bool = True,
) -> Iterator[Pointwise]:
    """One cell for each setting and dtype; our own operators are held to `strict` bounds.

    Others are looked at in half precision at their first setting only.
    """
    for number, (arguments, op) in enumerate(settings):
        for dtype in (d for d in dtypes if strict or not number or d not in HALF):
            yield Pointwise(op, arguments, dtype, context_of(op), seed, strict)
