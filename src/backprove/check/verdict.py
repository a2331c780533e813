"""What the failures of a subject are, in findings."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove import codes
from backprove.check import alone, notes, noticed, recognise, recognise_matrix
from backprove.check.arrangement import arranged
from backprove.check.broadcasting import unsummed
from backprove.check.cells import Tally
from backprove.check.counterexample import common, shown, what
from backprove.check.examples import DRAWN
from backprove.check.narrow import digits_lost, narrower
from backprove.check.precision import DTYPES
from backprove.check.shrink.points import SEVERITY
from backprove.check.shrink.smallest import smallest
from backprove.check.trial import Failure
from backprove.findings import Check, Evidence, Finding


def findings(tally: Tally, subject: Any) -> list[Finding]:
    """One finding for each result that failed, and those about properties and errors."""
    found = noticed.stops(tally, subject)
    for name in dict.fromkeys(f.name for f in tally.failures):
        own = [f for f in tally.failures if f.name == name]
        found += _once([_of_result(part, tally, subject) for part in _apart(own)])
    found += _positions(tally, subject)
    found += [
        *noticed.notes(tally, subject),
        *noticed.dtypes(tally, subject),
        *noticed.open_questions(tally, subject),
    ]
    return found if found or not vacuous(tally) else [codes.finding("GRD022")]


def _once(found: list[Finding]) -> list[Finding]:
    """A mistake that explains every result is told once, and so is a counterexample.

    Lost digits say nothing beside plain errors of the same result.
    """
    single = ("GRD003", "GRD004", "GRD005", "GRD006", "GRD008", "GRD024")
    seen: dict[Any, Finding] = {}
    for number, finding in enumerate(found):
        fits = [e.value for e in finding.evidence if e.name == "fits"]
        known = bool(fits) or finding.code in single
        other = finding.script or number
        seen.setdefault((finding.code, *fits) if known else other, finding)
    plain = {f.code for f in seen.values() if f.level == "error"}
    return [f for f in seen.values() if f.level != "warn" or f.code not in plain]


def _apart(own: list[Failure]) -> list[list[Failure]]:
    """The failures of one result that are likely to have causes of their own, the worst first.

    What fails at drawn inputs with default settings fails anywhere. Else each group of examples is
    told, and numbers beside what is not finite.
    """
    groups = dict.fromkeys(f.trial.group for f in own)
    drawn = {repr(f.trial.arguments) for f in own if f.trial.group == DRAWN}
    told = [DRAWN] if len(drawn) > 1 or "{}" in drawn else list(groups)
    parts = []
    for group in told:
        part = [f for f in own if f.trial.group == group]
        kinds: set[str] = {f.kind for f in part}
        serious: list[str] = [k for k in ("wrong", "not finite") if k in kinds and not group]
        for kind in serious or [min(kinds, key=SEVERITY.index)]:
            parts.append(_clearest([f for f in part if f.kind == kind]))
        lost = [f for f in part if f.kind == "imprecise" and digits_lost(f)]
        if serious and lost:
            parts.append(lost)
    return sorted(parts, key=lambda part: SEVERITY.index(part[0].kind))


def _clearest(part: list[Failure]) -> list[Failure]:
    """Those that lose every digit, where only digits are lost and some lose all."""
    lost = [f for f in part if f.kind == "imprecise" and digits_lost(f)]
    return lost or part


def _positions(tally: Tally, subject: Any) -> list[Finding]:
    """One finding for each result that depends on where a number stands; NaN only for information.

    What is wrong in itself is not said again.
    """
    wrong = {(f.name, _bits(f)) for f in tally.failures if f.kind != "special"}
    found = []
    for failure in tally.positions:
        if (failure.name, _bits(failure)) in wrong:
            continue
        parameters = shown(failure)[0]
        told = {k: parameters[k] for k in ("yours", "expected")}
        told |= {"position": failure.place[0], "length": failure.trial.dy.size}
        level = "info" if np.isnan(float(failure.trial.inputs[0][failure.place])) else "error"
        shared = common(failure, subject, what(failure.name, subject.facts["inputs"]))
        found.append(codes.finding("GRD019", parameters=told, level=level, **shared))
    return found


def _bits(failure: Failure) -> Any:
    x = failure.trial.inputs[0]
    single = failure.place != () and np.shape(x) == failure.trial.dy.shape
    return x[failure.place].tobytes() if single and np.ndim(x) == len(failure.place) else None


def vacuous(tally: Tally) -> bool:
    """Whether nothing ran, or a backward of zeros alone would have passed."""
    bounds = [b for t, _ in tally.runs for n, b in t.expected.items() if n != "y"]
    with np.errstate(all="ignore"):
        return not any(np.any(np.sign(b.low) * np.sign(b.high) > 0) for b in bounds)


def checks(tally: Tally, subject: Any) -> list[Check]:
    """What was looked at, with the number of trials."""
    wrong = {f.name for f in tally.failures if f.kind != "special" and not unsummed(f, tally)}
    names = dict.fromkeys(
        n
        for t, o in tally.runs
        for n in t.expected
        if n in o["arrays"] or n in wrong or n not in t.optional
    )
    found = [
        Check(what(n, subject.facts["inputs"]), "wrong" if n in wrong else "ok") for n in names
    ]
    found = [*notes.arguments(subject), *notes.value(found, tally.runs)]
    broken = any(not note.startswith("alias:") for note, _ in tally.notes)
    return [*found, Check("properties", "wrong" if broken else "ok")] if tally.runs else found


def _of_result(own: list[Failure], tally: Tally, subject: Any) -> Finding:
    least = smallest(own, subject, tally)
    name, kind = least.name, least.kind
    own = [least, *own]
    title = what(name, subject.facts["inputs"])
    shared = common(least, subject, title)
    shared["evidence"] += _also(own)
    parameters: dict[str, Any] = {"what": title}
    if kind == "missing":
        return codes.finding("GRD007", parameters=parameters, **shared)
    spared = kind == "shape" and unsummed(least, tally)
    if kind in ("shape", "wrong") and not spared:
        if (misplaced := arranged(tally.runs, name)) is not None:
            shared["evidence"].append(Evidence("fits", misplaced[1]))
            return codes.finding(misplaced[0], parameters=parameters, **shared)
        if matrix := recognise_matrix.code_of(tally.runs, name):
            return codes.finding(matrix, parameters=parameters, **shared)
    if kind == "shape":
        sizes = {"found": str(least.found), "expected": str(least.low)}
        told: dict[str, Any] = {}
        if spared:
            told = {"level": "info", "verdict": "undecided"}
        return codes.finding("GRD002", parameters=parameters | sizes, **shared, **told)
    parameters |= shown(least)[0]
    if kind in ("not finite", "special"):
        extra: dict[str, Any] = (
            {"level": "info", "verdict": "convention"} if kind == "special" else {}
        )
        return codes.finding("GRD013", parameters=parameters, **shared, **extra)
    narrow = narrower(name, own, tally)
    code, more = ("GRD011", []) if narrow else _pattern(name, own, tally)
    shared["evidence"] += more
    if code in ("GRD001", "GRD015") and not more and (other := alone.cause(least, subject, tally)):
        return codes.finding(other[0], parameters=parameters | other[1], **shared)
    if kind == "imprecise" and code in ("GRD001", "GRD015"):
        return codes.finding(code, parameters=parameters, level="warn", **shared)
    for evidence in more:
        if evidence.name == "ratio":
            parameters["ratio"] = evidence.value
    if code == "GRD011":
        parameters |= {"found": narrow, "expected": "float64"}
    return codes.finding(code, parameters=parameters, **shared)


def _also(own: list[Failure]) -> list[Evidence]:
    """The other dtypes in which it fails like the first."""
    found = {f.trial.dtype for f in own if f.kind == own[0].kind} - {own[0].trial.dtype}
    names = ", ".join(sorted(found, key=DTYPES.index))
    return [Evidence("also in", names)] if names else []


def _pattern(name: str, own: list[Failure], tally: Tally) -> tuple[str, list[Evidence]]:
    """The code of the mistake that the results fit, with the evidence for it.

    A factor that the smallest case, which comes first, does not share is the number of rows.
    """
    if name == "y":
        return "GRD015", []
    runs = [(t, o) for t, o in tally.runs if not t.arguments or len(own) < 1] or tally.runs
    if recognise.all_zero(runs, name):
        return "GRD001", [Evidence("fits", "0 everywhere")]
    factor = recognise.scale(runs, name)
    if factor is not None and not recognise.shares(own[0], factor):
        factor = None
    if factor is not None and abs(factor + 1) < 1e-9:
        return "GRD004", [Evidence("ratio", factor)]
    if factor is not None and abs(factor - 1) > 1e-9:
        return "GRD003", [Evidence("ratio", float(f"{factor:.10g}"))]
    if recognise.divided(runs, name):
        return "GRD003", [Evidence("ratio", "1/N")]
    if ratio := recognise_matrix.ratio_of(runs, name):
        return "GRD003", [Evidence("ratio", ratio)]
    if recognise_matrix.summed_too_far(runs, name):
        return "GRD001", [Evidence("fits", "the sum over all axes")]
    if recognise.upstream_ignored(runs, name):
        return "GRD008", []
    if recognise.derivative_ignored(runs, name):
        return "GRD001", [Evidence("fits", "the upstream gradient itself")]
    return "GRD001", []
