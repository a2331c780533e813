"""What the failures of a subject are, in findings."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove import codes
from backprove.check import alone, notes, recognise, recognise_matrix
from backprove.check.arrangement import arranged
from backprove.check.broadcasting import unsummed
from backprove.check.cells import Tally
from backprove.check.examples import DRAWN
from backprove.check.narrow import digits_lost, narrower
from backprove.check.precision import DTYPES
from backprove.check.reduce import reduced
from backprove.check.refusals import names_a_setting
from backprove.check.script import script
from backprove.check.shrink import SEVERITY, smallest
from backprove.check.trial import Failure
from backprove.check.undecided import undecided
from backprove.files import relative
from backprove.findings import Check, Evidence, Finding
from backprove.op import Op
from backprove.targets.sentences import plainly

FACTORS = "GRD003"


def what(name: str, inputs: list[str]) -> str:
    """How a result is called: "value", "gradient of x"."""
    if name == "y":
        return "value"
    if name.startswith("d:"):
        return f"gradient of {name[2:]}"
    index = int(name[1:])
    return f"gradient of {inputs[index] if index < len(inputs) else 'x'}"


def findings(tally: Tally, subject: Any) -> list[Finding]:
    """One finding for each result that failed, and those about properties and errors."""
    found = _stops(tally, subject)
    for name in dict.fromkeys(f.name for f in tally.failures):
        own = [f for f in tally.failures if f.name == name]
        found += _once([_of_result(part, tally, subject) for part in _apart(own)])
    found += _positions(tally, subject)
    found += [*_notes(tally, subject), *_dtypes(tally, subject), *_undecided(tally, subject)]
    return found if found or not vacuous(tally) else [codes.finding("GRD022")]


def _once(found: list[Finding]) -> list[Finding]:
    """A mistake that explains every result is told once, and so is a counterexample."""
    single = ("GRD003", "GRD004", "GRD005", "GRD006", "GRD008", "GRD024")
    seen: dict[Any, Finding] = {}
    for number, finding in enumerate(found):
        fits = [e.value for e in finding.evidence if e.name == "fits"]
        known = bool(fits) or finding.code in single
        other = finding.script or number
        seen.setdefault((finding.code, *fits) if known else other, finding)
    return list(seen.values())


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
        shared = _shared(failure, subject, what(failure.name, subject.facts["inputs"]))
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
    if (make := tally.makers.get(id(least.trial))) is not None:
        least = reduced(least, subject, make, _sizes(least, subject))
    name, kind = least.name, least.kind
    own = [least, *own]
    title = what(name, subject.facts["inputs"])
    shared = _shared(least, subject, title)
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


def _sizes(least: Failure, subject: Any) -> dict[str, int]:
    """Constructor arguments that are lengths of axes and that nobody asked for."""
    chosen = {**getattr(subject, "guesses", {}), **least.trial.arguments}
    return {k: v for k, v in chosen.items() if isinstance(v, int) and not isinstance(v, bool)}


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


def shown(least: Failure) -> tuple[dict[str, Any], list[Evidence]]:
    """The parameters and the evidence that show a failing element."""
    trial = least.trial
    yours, wanted = _telling(least)
    evidence = [
        Evidence("input", _input(least)),
        Evidence("upstream gradient", _dy(least)),
        Evidence("yours", _plain(least.found)),
        Evidence("expected", _plain(least.low)),
        Evidence("dtype", trial.dtype),
        Evidence("distance", float(f"{least.ulp:.3g}"), unit="ULP"),
        Evidence("oracle", _oracle(least)),
        Evidence("trial", trial.purpose),
    ]
    if trial.group:
        evidence.append(Evidence("group", trial.group))
    evidence += [Evidence(f"parameter {k}", _short(v)) for k, v in trial.values.items()]
    if trial.arguments:
        evidence.append(Evidence("arguments", str(trial.arguments)))
    if trial.dy.size != 1:
        evidence.append(Evidence("shape", str(trial.dy.shape), where=str(least.place)))
    return {"yours": yours, "input": _input(least), "expected": wanted}, evidence


def _oracle(least: Failure) -> str:
    trial = least.trial
    return trial.value_oracle if least.name == "y" and trial.value_oracle else trial.oracle


def _shared(least: Failure, subject: Any, title: str) -> dict[str, Any]:
    evidence = [] if least.kind in ("missing", "shape") else shown(least)[1]
    return {"evidence": evidence, "script": script(least, subject), **place(subject, title)}


def place(subject: Any, title: str) -> dict[str, Any]:
    """Subject, check, file, line and source of a finding; those of forward for the value."""
    facts = subject.facts
    forward = facts.get("forward", {})
    if title == "value" and forward.get("file"):
        facts = {**facts, **forward}
    return {
        "subject": facts["name"],
        "check": title,
        "file": relative(facts["file"]) if subject.place and facts["file"] else None,
        "line": facts["line"] if subject.place else None,
        "source": facts["source"] if subject.place else "",
    }


def _input(least: Failure) -> Any:
    x = least.trial.inputs[0]
    if (np.shape(x) == least.trial.dy.shape and least.place != ()) or x.ndim == 0:
        return _plain(x[least.place] if np.ndim(x) == len(least.place) else x)
    return str(np.asarray(x, dtype=np.float64).tolist()) if x.size <= 12 else f"shape {x.shape}"


def _short(value: Any) -> Any:
    size = np.size(value)
    floating = np.asarray(value).dtype.kind in "fV"
    return _plain(value) if size <= 12 and floating else str(value)[:60]


def _dy(least: Failure) -> Any:
    dy = least.trial.dy
    if least.place and dy.ndim == len(least.place) and dy.shape == np.shape(least.trial.inputs[0]):
        return _plain(dy[least.place])
    return _plain(dy) if dy.size <= 12 else f"shape {dy.shape}"


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, tuple):
        return str(value)
    array = np.asarray(value, dtype=np.float64)
    return float(array.item()) if array.size == 1 else array.tolist()


def _number(value: Any) -> str:
    return f"{float(value):.9g}"


def _wanted(least: Failure) -> str:
    low, high = _number(least.low), _number(least.high)
    return low if low == high else f"{low} .. {high}"


def _telling(least: Failure) -> tuple[str, str]:
    """Yours and expected, with all digits where nine do not tell them apart."""
    yours, wanted = _number(least.found), _wanted(least)
    return (
        (yours, wanted) if yours != wanted else (repr(float(least.found)), repr(float(least.low)))
    )


def _stops(tally: Tally, subject: Any) -> list[Finding]:
    """What ended the process, or else the first run that gave no result."""
    errors = [(o, t) for o, t in tally.errors if not names_a_setting(o, t, subject)]
    first = tally.ended or (errors[0] if errors else None)
    if first is None:
        return []
    outcome, trial = plainly(first[0]), first[1]
    where = {**place(subject, "run"), "line": outcome.line, "source": ""}
    if outcome.file:
        where["file"] = relative(outcome.file)
    evidence = [
        Evidence("input", _input_of(trial)),
        Evidence("dtype", trial.dtype),
        Evidence("trial", trial.purpose),
    ]
    parameters: dict[str, Any] = {
        "method": outcome.method or "run",
        "error": outcome.error or outcome.signal or f"exit code {outcome.code}",
        "limit": f"{outcome.limit:g}",
    }
    code = "GRD021" if outcome.kind == "timed out" else "GRD020"
    if outcome.kind in ("no result", "malformed"):
        code = "GRD025"
        parameters |= {"found": outcome.error, "expected": "array"}
    shown_by = script(Failure(trial, "d0", "stopped", (), None, None, None), subject)
    return [codes.finding(code, parameters=parameters, evidence=evidence, script=shown_by, **where)]


def _input_of(trial: Any) -> Any:
    x = np.asarray(trial.inputs[0])
    return _plain(x) if x.size <= 12 else f"shape {x.shape}"


def _undecided(tally: Tally, subject: Any) -> list[Finding]:
    found = []
    for dtype, name in undecided(tally.runs):
        title = what(name, subject.facts["inputs"])
        parameters = {"dtype": dtype, "what": title}
        found.append(codes.finding("GRD014", parameters=parameters, **place(subject, title)))
    return found


def _notes(tally: Tally, subject: Any) -> list[Finding]:
    found = []
    for note in dict.fromkeys(note for note, _ in tally.notes):
        where = place(subject, "properties")
        if note == "disturbed":
            found.append(codes.finding("GRD010", **where))
        elif note.startswith("alias:"):
            if not issubclass(getattr(subject, "cls", object), Op):
                name = note.rpartition(":")[2]
                parameters = {"method": "forward", "name": name}
                found.append(codes.finding("GRD017", parameters=parameters, **where))
        elif note.startswith("only parameters:"):
            parameters = {"what": f"gradient of {note.partition(':')[2]}"}
            found.append(codes.finding("GRD007", parameters=parameters, **where))
        elif note == "not deterministic":
            parameters = {"first": "y", "second": "another y"}
            found.append(codes.finding("GRD018", parameters=parameters, **where))
        else:
            found.append(_changed(note, subject, where))
    return found


def _changed(note: str, subject: Any, where: dict[str, Any]) -> Finding:
    _, method, argument = note.split(":", 2)
    kind, _, name = argument.partition(" ")
    if kind == "input":
        inputs = subject.facts["inputs"]
        name = inputs[int(name)] if int(name) < len(inputs) else "x"
        return codes.finding("GRD009", parameters={"method": method, "name": name}, **where)
    parameters = {
        "method": method,
        "kind": kind if name else "upstream gradient",
        "name": name or "dy",
    }
    return codes.finding("GRD016", parameters=parameters, **where)


def _dtypes(tally: Tally, subject: Any) -> list[Finding]:
    """Results of another dtype than the input's: one finding for each."""
    found: dict[str, Finding] = {}
    for trial, outcome in tally.runs:
        for name, dtype in outcome["dtypes"].items():
            if dtype not in DTYPES or dtype == trial.dtype or name in found:
                continue
            title = what(name, subject.facts["inputs"])
            parameters = {"what": title, "found": dtype, "expected": trial.dtype}
            told = {"parameters": parameters, **place(subject, title)}
            if DTYPES.index(dtype) > DTYPES.index(trial.dtype):
                found[name] = codes.finding("GRD011", **told)
            else:
                level = "info" if subject.facts["teaching"] else "warn"
                found[name] = codes.finding("GRD027", **told, level=level)
    return list(found.values())
