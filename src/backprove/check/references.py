"""What Paddle, PyTorch and JAX answer: held against the exact result as the subject is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from backprove import codes
from backprove.check.cells import Tally, pointwise_cells, run_examples, run_pointwise
from backprove.check.documented import documented
from backprove.check.framework import Framework
from backprove.check.kinks import Kink, kinks
from backprove.check.trial import Failure
from backprove.errors import UsageError, unknown
from backprove.findings import Evidence, Finding
from backprove.oracle.client import installed, reference, require
from backprove.targets.constructor import described
from backprove.targets.place import SUFFIXES

LIBRARIES = ("paddle", "torch", "jax")
DTYPES = ("float64", "float32")
CLEAR = ("wrong", "not finite")


@dataclass(frozen=True)
class Answer:
    """A reference, everything it answered, and what it does at kinks."""

    subject: Framework
    tally: Tally
    kinks: list[Kink]


def references_of(against: str | Sequence[str]) -> tuple[str, ...]:
    """The references by name; `exact` for none.

    Raises UsageError for one that is unknown and for a file without a function, DependencyError
    for a framework that is not installed.
    """
    words = against.split(",") if isinstance(against, str) else against
    names = tuple(word.strip() for word in words if word.strip()) or ("exact",)
    for name in names:
        head, separator, _ = name.partition("::")
        if head.endswith(SUFFIXES) or separator:
            if not separator:
                raise UsageError(
                    "expected a function to compare with, found a file: write {path}::name",
                    path=head,
                )
            continue
        library = name.partition(":")[0]
        if library not in LIBRARIES and name != "exact":
            raise unknown("reference", name, ("exact", *LIBRARIES))
        if name != "exact":
            require(library)
    return names


def start(cls: Any, libraries: list[str]) -> None:
    """Begin to import the libraries that will be asked about an operator."""
    for library in libraries:
        if installed(library) and library in cls.references:
            reference(library).start()


def ask(cls: Any, libraries: list[str], seed: int, op: Any = None) -> list[Answer]:
    """The answers of the libraries that are installed and have the operator.

    An elementwise one is asked at the settings of `op`, without one at the defaults.
    """
    found = []
    op = cls() if op is None and cls.elementwise else op
    takes = described(cls)
    names = [*takes["needed"], *takes["defaults"]]
    arguments = {} if op is None else {k: v for k, v in vars(op).items() if k in names}
    for library in libraries:
        if not installed(library) or library not in cls.references:
            continue
        expression, own = cls.references[library], documented(library, cls)
        subject = Framework(library, cls.__name__, expression, own, reference(library))
        theirs = op if own is cls else own(**arguments)
        tally, at_kinks = Tally(), []
        if cls.elementwise:
            for cell in pointwise_cells([(arguments, theirs)], DTYPES, seed, False):
                before = len(tally.runs)
                run_pointwise(subject, cell, tally, thorough=False)
                if cell.dtype == "float64" and len(tally.runs) > before:
                    at_kinks = [
                        replace(k, arguments={}) for k in kinks(cell, tally.runs[before][1])
                    ]
        else:
            run_examples(subject, cls, DTYPES[:1], seed, tally)
        found.append(Answer(subject, tally, at_kinks))
    return found


def findings(answers: list[Answer]) -> list[Finding]:
    """One finding for each result of a reference that is wrong beyond a loss of digits."""
    from backprove.check.counterexample import what

    found = []
    for answer in answers:
        wrong = [f for f in answer.tally.failures if f.kind in CLEAR]
        for name in dict.fromkeys(f.name for f in wrong):
            title = what(name, answer.subject.facts["inputs"])
            found.append(_finding([f for f in wrong if f.name == name], answer, title))
    return found


def _finding(own: list[Failure], answer: Answer, title: str) -> Finding:
    from backprove.check.counterexample import shown
    from backprove.check.shrink.smallest import smallest

    least = smallest(own, answer.subject, answer.tally)
    parameters, evidence = shown(least)
    library = answer.subject.library
    return codes.finding(
        "GRD023",
        parameters={
            "reference": library,
            "found": parameters["yours"],
            "input": parameters["input"],
            "expected": parameters["expected"],
        },
        evidence=[*evidence, Evidence("expression", answer.subject.expression)],
        subject=answer.subject.facts["name"],
        check=title,
    )


def versions(libraries: list[str]) -> dict[str, str]:
    """The versions of the libraries that were asked."""
    return {
        name: str(reference(name).ask("version")["version"])
        for name in libraries
        if installed(name)
    }
