"""`check(op)`: run the subject on every trial, look at its kinks, ask the references."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from backprove._version import __version__
from backprove.check import conventions_of, references, refusals, verdict
from backprove.check.cells import Tally, fits_examples, pointwise_cells, run_examples, run_pointwise
from backprove.check.definitions import definition, mapped, settings
from backprove.check.documented import told
from backprove.check.find import FILE, subject_of
from backprove.check.framework import Framework
from backprove.check.kinks import Kink, kinks
from backprove.check.measured.reference import Definition, Named
from backprove.check.measured.run import study
from backprove.check.positions import run_positions
from backprove.check.precision import DTYPES
from backprove.check.second.study import second, second_measured
from backprove.findings import Check, Result
from backprove.op import Op
from backprove.targets.constructor import described


def check(
    target: Any,
    against: str | Sequence[str] = ("exact",),
    *,
    convention: str = "",
    seed: int = 0,
    **arguments: Any,
) -> Result:
    """Check an operator and say what was found.

    `target` is an operator, its class, the name of one of ours, "FILE.py" or "FILE.py::Class", or
    a framework's operator such as "paddle:nn.functional.silu". `arguments` go to its constructor.
    `against` names references ("exact", "torch", "jax", "paddle"), or the framework's operator
    that it stands for; a text with commas will do. `convention` declares whose gradient at kinks
    it follows: "backprove", "torch", "jax" or "paddle". Raises UsageError for an unknown reference
    or convention and if there is nothing to hold it against, DependencyError for a framework that
    is not installed.
    """
    start = time.perf_counter()
    against = references.references_of(against)
    conventions_of.require_known(convention)
    places = [a for a in against if ":" in a]
    names = [a.partition(":")[2].rpartition(".")[2] for a in places if not FILE.search(a)]
    libraries = [a.partition(":")[0] for a in against]
    subject = subject_of(target, arguments, names)
    if isinstance(subject, Framework):
        arguments = subject.given
    try:
        cls = _definition(subject, names)
        with np.errstate(all="ignore"):
            if _by_definition(subject, cls, places):
                result = _checked(subject, cls, libraries, convention, seed, arguments)
            else:
                result = _measured(subject, cls, places, seed, arguments)
    finally:
        if hasattr(subject, "close"):
            subject.close()
    result.seconds = time.perf_counter() - start
    return result


def _definition(subject: Any, names: list[str]) -> Any:
    if isinstance(subject, Framework):
        return subject.cls
    return definition([*names, *_names(subject)]) or _described(subject)


def _described(subject: Any) -> Any:
    """The class itself, if it is an operator that brings its definition."""
    cls = getattr(subject, "cls", None)
    own = isinstance(cls, type) and issubclass(cls, Op) and hasattr(cls, "definition")
    return cls if own else None


def _names(subject: Any) -> list[str]:
    facts = subject.facts
    return [facts["name"].rpartition(":")[2].rpartition(".")[2], *facts["bases"]]


def _checked(
    subject: Any, cls: Any, libraries: list[str], convention: str, seed: int, given: dict[str, Any]
) -> Result:
    ours = described(cls)
    pairs = mapped(subject.constructor, ours)
    asked = [n for n in libraries if n in references.LIBRARIES and not _itself(subject, n)]
    references.start(cls, asked)
    tally, found = Tally(), []
    dtypes = _dtypes(subject)
    base: Any = None
    chosen: list[Any] = []
    if cls.elementwise:
        chosen = settings(cls, pairs, subject.constructor, given, subject.varies)
        base = chosen[0][1]
        for cell in pointwise_cells(chosen, dtypes, seed, _own(subject, cls)):
            before, usual = len(tally.runs), cell.op is base
            run_pointwise(subject, cell, tally, not isinstance(subject, Framework) or usual)
            if tally.ended:
                break
            wide = cell.dtype in DTYPES[:2]
            if not _own(subject, cls) and usual and wide and len(tally.runs) > before:
                run_positions(subject, cell, tally)
            if cell.dtype == "float64" and len(tally.runs) > before:
                found += kinks(cell, tally.runs[before][1])
    own = _own(subject, cls)
    framework = isinstance(subject, Framework)
    if (subject.varies or framework) and (own or framework or not cls.elementwise):
        run_examples(subject, cls, dtypes, seed, tally, None if own or framework else pairs, own)
    refusals.refuse_all(tally, subject)
    answers = references.ask(cls, asked, seed, base)
    findings = verdict.findings(tally, subject)
    findings += conventions_of.findings(found, subject, cls, convention, answers)
    findings += references.findings(answers)
    again, looked_at = second(subject, cls, libraries, chosen, tally)
    more = [*refusals.checks(tally, subject), *(told(cls, given) if framework else [])]
    return Result(
        subject.facts["name"],
        [*findings, *again],
        [*verdict.checks(tally, subject), *_kink_checks(found), *looked_at, *more],
        {"backprove": __version__, "numpy": np.__version__, **references.versions(asked)},
        seed,
    )


def _by_definition(subject: Any, cls: Any, places: list[str]) -> bool:
    """Whether the subject can be held against the definition on the definition's own examples."""
    if cls is None or any(FILE.search(place) for place in places):
        return False
    if isinstance(subject, Framework) or _own(subject, cls):
        return True
    facts = subject.facts
    learns = facts["parameters"] or facts["unshaped"] or cls.signature.parameters
    if learns or facts["protocol"] == "labels":
        return False
    if cls.elementwise:
        return len(facts["inputs"]) == len(cls.signature.inputs)
    return fits_examples(subject, cls)


def _measured(
    subject: Any, cls: Any, places: list[str], seed: int, given: dict[str, Any]
) -> Result:
    """The check of a subject that has no definition: backward against forward's differences."""
    reference: Any = None if cls is None else Definition(cls, subject)
    if cls is None or FILE.search("".join(places)):
        reference = next((Named(place, subject) for place in places), None)
    try:
        found = study(subject, given, seed, reference)
    finally:
        if isinstance(reference, Named):
            reference.close()
    again, looked_at = second_measured(subject, found)
    checks = [*verdict.checks(found.tally, subject), *found.checks, *_kink_checks(found.kinks)]
    return Result(
        subject.facts["name"],
        [*verdict.findings(found.tally, subject), *again],
        [*checks, *looked_at],
        {"backprove": __version__, "numpy": np.__version__},
        seed,
    )


def _itself(subject: Any, library: str) -> bool:
    """Whether a framework would be asked about its own operator."""
    return isinstance(subject, Framework) and subject.library == library


def _own(subject: Any, cls: Any) -> bool:
    framework = isinstance(subject, Framework)
    return not framework and issubclass(getattr(subject, "cls", object), cls)


def _dtypes(subject: Any) -> tuple[str, ...]:
    """Half precision too where the inside is float32: our own spelling, and frameworks."""
    if isinstance(subject, Framework):
        return DTYPES
    wide = DTYPES[:2]
    return wide if subject.facts["teaching"] or subject.library != "numpy" else DTYPES


def _kink_checks(found: list[Kink]) -> list[Check]:
    told = {(k.x, k.side): k.sentence for k in reversed(found) if not k.arguments}
    return [
        Check("kink", "ok" if side != "outside" else "wrong", sentence)
        for (_, side), sentence in reversed(told.items())
    ]
