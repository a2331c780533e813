"""What an outcome says, in one sentence."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath

from backprove.messages import render
from backprove.targets.trial import Outcome

_RAISED = re.compile(r"\w*(Error|Exception): ")

SENTENCES = {
    "ok": "{where} ran",
    "raised": "{where} stopped: {error}",
    "exited": "{where} ended the process with exit code {code}: return a value, do not exit",
    "crashed": "{where} crashed the process ({signal})",
    "timed out": "{where} gave no answer within {limit:g} s and was stopped",
    "wrong arity": "{where} cannot be called with the arguments that it is given: {error}",
    "no result": "{where} returned nothing: return an array",
    "malformed": "{where} returned {error}, expected an array for each result",
    "wrong shape": "{where}: {name} has the shape {found}, expected {expected}",
    "not run": "not run: the process ended too often before",
}


def sentence(outcome: Outcome) -> str:
    """The outcome in words; `where` is the method and the learner's own line."""
    return render(SENTENCES[outcome.kind], **told(outcome))


def plainly(outcome: Outcome) -> Outcome:
    """The outcome as a finding tells it: what was given back is named without its sentence.

    What a framework raises over a result of the wrong number is an exception like others.
    """
    if outcome.kind not in ("no result", "malformed"):
        return outcome
    if _RAISED.match(outcome.error):
        return replace(outcome, kind="raised")
    given = outcome.error.partition(" returned ")[2] or outcome.error
    return replace(outcome, error="None" if outcome.kind == "no result" else given)


def told(outcome: Outcome) -> dict[str, object]:
    """The parameters of the sentence."""
    name, (found, expected) = next(iter(outcome.shapes.items()), ("", ((), ())))
    return {
        "where": where(outcome),
        "error": outcome.error,
        "code": outcome.code,
        "signal": outcome.signal or outcome.error or "?",
        "limit": outcome.limit,
        "name": result_name(name),
        "found": tuple(found),
        "expected": tuple(expected),
    }


def result_name(name: str) -> str:
    """ "d0" as it stands, "d:weight" as dweight."""
    return name.replace("d:", "d", 1) if name.startswith("d:") else name


def where(outcome: Outcome) -> str:
    """ "forward (chapter4.py:12)"; a cell of a notebook is "chapter4.ipynb[3]:5"."""
    name = PurePath(outcome.file).name
    place = f"{name}:{outcome.line}" if name and outcome.line else name
    return f"{outcome.method} ({place})" if place else outcome.method
