"""What a check noticed beside wrong numbers: what stopped, was changed, widened or stays open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from backprove import codes
from backprove.check.cells import Tally
from backprove.check.counterexample import input_of, place, what
from backprove.check.framework import Framework
from backprove.check.precision import DTYPES
from backprove.check.refusals import names_a_setting
from backprove.check.script import script
from backprove.check.trial import Failure, Trial
from backprove.check.undecided import undecided
from backprove.files import relative
from backprove.findings import Evidence, Finding
from backprove.op import Op
from backprove.targets import Outcome
from backprove.targets.sentences import plainly


def stops(tally: Tally, subject: Any) -> list[Finding]:
    """What ended the process, or else the first run that gave no result."""
    errors = [(o, t) for o, t in tally.errors if not names_a_setting(o, t, subject)]
    first = tally.ended or (errors[0] if errors else None)
    if first is None:
        return []
    outcome, trial = plainly(first[0]), _smallest(first[0], first[1], subject)
    where = {**place(subject, "run"), "line": outcome.line, "source": ""}
    if outcome.file:
        where["file"] = relative(outcome.file)
    evidence = [
        Evidence("input", input_of(trial)),
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


def _smallest(outcome: Outcome, trial: Trial, subject: Any) -> Trial:
    """The trial with one element alone, if that stops in the same way.

    Only a trial of one array that becomes another one of its shape can be cut.
    """
    x = np.asarray(trial.inputs[0]) if len(trial.inputs) == 1 else np.empty(0)
    cut = x.ndim == 1 and x.size > 1 and x.shape == np.shape(trial.dy)
    if not cut or isinstance(subject, Framework):
        return trial
    one = np.ones(1, dtype=x.dtype)
    single = replace(trial, inputs=(one,), dy=one.copy(), layout="plain", purpose="one element")
    (again,) = subject.run([single.request()])
    other = again.get("ended") or again.get("stopped")
    same = other is not None and (other.kind, other.method) == (outcome.kind, outcome.method)
    return single if same else trial


def open_questions(tally: Tally, subject: Any) -> list[Finding]:
    found = []
    for dtype, name in undecided(tally.runs):
        title = what(name, subject.facts["inputs"])
        parameters = {"dtype": dtype, "what": title}
        found.append(codes.finding("GRD014", parameters=parameters, **place(subject, title)))
    return found


def notes(tally: Tally, subject: Any) -> list[Finding]:
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
        elif note.startswith("not deterministic"):
            result = "dx" if note.endswith(":gradients") else "y"
            parameters = {"first": result, "second": f"another {result}"}
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


def dtypes(tally: Tally, subject: Any) -> list[Finding]:
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
