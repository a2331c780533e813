"""Holding what a framework makes of a backward against the true second derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from backprove import codes
from backprove.check.cells import Tally, context_of
from backprove.check.compare import failures, likewise
from backprove.check.counterexample import place, shown
from backprove.check.examples import short
from backprove.check.grid import simplicity
from backprove.check.measured.ask import Forward
from backprove.check.measured.examples import measure
from backprove.check.second import measured, trials
from backprove.check.second.ask import Twice, doers
from backprove.check.second.script import script
from backprove.check.shrink.arrays import Case, reduced
from backprove.check.trial import Failure, Trial
from backprove.findings import Check, Evidence, Finding
from backprove.messages import render

NAME = "second derivatives"
SETTINGS = 4
BAD = ("wrong", "not finite", "missing", "shape")


def second(
    subject: Any, cls: Any, libraries: list[str], settings: list[Any], tally: Tally
) -> tuple[list[Finding], list[Check]]:
    """What is to be told; nothing where the gradients themselves are wrong already."""
    if cls is None or tally.ended or any(f.name != "y" and f.kind in BAD for f in tally.failures):
        return [], []
    return _told(doers(subject, libraries), lambda: list(_trials(subject, cls, settings)))


def second_measured(subject: Any, found: Any) -> tuple[list[Finding], list[Check]]:
    """The same for a subject without a definition, after its `study`."""
    wrong = any(f.name != "y" and f.kind in BAD for f in found.tally.failures)
    if found.tally.ended or wrong:
        return [], []
    return _told(doers(subject, []), lambda: list(_measured(subject, found)))


Made = list[tuple[Trial, Any]]
"""Trials, each with what makes smaller ones."""


def _told(who: list[Twice], make: Callable[[], Made]) -> tuple[list[Finding], list[Check]]:
    made = make() if who else []
    found: list[Finding] = []
    right, refused = [], []
    for doer in who if made else []:
        try:
            wrong, words = _study(doer, made)
        finally:
            doer.close()
        found += _findings(wrong, doer)
        if words and not wrong:
            refused.append((doer.library, words))
        elif not wrong:
            right.append(doer.library)
    return found, _checks(right, refused, bool(found))


def _measured(subject: Any, found: Any) -> Iterator[tuple[Trial, Any]]:
    if found.elementwise:
        x = trials.points(None)

        def single(case: Any, dtype: str) -> Any:
            return measured.pointwise(subject, case.inputs[0], case.dy)

        if (trial := measured.pointwise(subject, x, np.ones(x.shape))) is not None:
            yield trial, single
    for at in found.bases[:1]:
        dy = short(np.random.default_rng(0).standard_normal(at.y.shape))

        def smaller(case: Any, dtype: str, base: Any = at.base) -> Any:
            there = base._replace(inputs=case.inputs, values=case.values)
            again = measure(Forward(subject, {}), there)
            return None if again is None else measured.arrays(subject, again, case.dy)

        if measured.small(at.base) and (trial := measured.arrays(subject, at, dy)) is not None:
            yield trial, smaller


def _checks(right: list[str], refused: list[tuple[str, str]], wrong: bool) -> list[Check]:
    told = [Check(NAME, "wrong")] if wrong else []
    if right and not wrong:
        told.append(Check(NAME, "ok", ", ".join(right)))
    return told + [
        Check(
            NAME,
            "undecided",
            render("not supported by {library}: {reason}", library=name, reason=words[:120]),
        )
        for name, words in refused
    ]


def _study(doer: Twice, made: Made) -> tuple[list[Failure], str]:
    """The smallest failure of each result, and the words of a refusal."""
    outcomes = doer.run([t.request() for t, _ in made])
    words = next((o["refused"] for o in outcomes if "refused" in o), "")
    found: dict[str, tuple[Failure, Any]] = {}
    for (trial, make), outcome in zip(made, outcomes, strict=True):
        for failure in failures(trial, outcome) if "arrays" in outcome else ():
            if failure.kind in ("shape", "missing"):
                words = words or f"{failure.name}: {failure.found}, {failure.low}"
                continue
            known = found.get(failure.name)
            if known is None or _difficulty(failure) < _difficulty(known[0]):
                found[failure.name] = failure, make
    return [_smaller(f, make, doer) for f, make in found.values()], words


def _difficulty(failure: Failure) -> tuple[Any, ...]:
    trial = failure.trial
    x = np.asarray(trial.inputs[0])
    single = x.shape == trial.dy.shape and len(failure.place) == x.ndim and len(trial.inputs) == 1
    size = simplicity(float(x[failure.place])) if single else float(x.size)
    return len(trial.arguments), size


def _trials(subject: Any, cls: Any, settings: list[Any]) -> Iterator[tuple[Trial, Any]]:
    """(trial, maker of smaller ones) for the settings and examples of a definition."""
    if cls.elementwise:
        for arguments, op in settings[:SETTINGS]:
            x, context = trials.points(op), context_of(op)

            def single(case: Any, dtype: str, op: Any = op, context: Any = context) -> Trial:
                return trials.pointwise(op, case.arguments, context, case.inputs[0], case.dy)

            yield trials.pointwise(op, arguments, context, x, np.ones(x.shape)), single
    for number, example in enumerate(trials.chosen(subject, cls)):
        dy = short(np.random.default_rng(number).standard_normal(example.exact.y.shape))
        op, given = example.op, example.case.arguments

        def smaller(case: Any, dtype: str, op: Any = op, given: Any = given) -> Trial:
            own = type(op)(**{**given, **case.arguments})
            return trials.arrays(
                own, case.arguments, case.inputs, case.values, case.dy, subject
            )  # fmt: skip

        inputs = tuple(np.asarray(x) for x in example.inputs)
        yield trials.arrays(op, given, inputs, example.values, dy, subject), smaller


def _smaller(failure: Failure, make: Any, doer: Twice) -> Failure:
    """The failing element alone, if it fails alone; else the smallest case that is met."""
    trial = failure.trial
    if len(trial.inputs) == 1 and trial.inputs[0].shape == trial.dy.shape and trial.dy.ndim == 1:
        x = trial.inputs[0][list(failure.place)]
        alone = make(Case(trial.arguments, (x,), trial.values, np.ones(1)), "float64")
        (outcome,) = doer.run([alone.request()]) if alone is not None else ({},)
        again = [] if alone is None else likewise(failure, alone, outcome)
        if again:
            return again[0]
    return reduced(failure, doer, make, {})


def _findings(wrong: list[Failure], doer: Twice) -> list[Finding]:
    found = []
    for failure in wrong:
        inputs = doer.facts["inputs"]
        name = failure.name
        wrt = name if name == "dy" else name[2:] if ":" in name else inputs[int(name[1:])]
        title = f"second derivative for {wrt}"
        parameters, evidence = shown(failure)
        evidence.append(Evidence("library", doer.library))
        shared = {"evidence": evidence, "script": script(failure, doer), **place(doer, title)}
        found.append(codes.finding("GRD026", parameters={"what": title, **parameters}, **shared))
    return found
