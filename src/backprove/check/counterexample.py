"""A failing element, shown: what went in, what came out, what is right, where it stands."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.check.script import script
from backprove.check.trial import SMALLER, Failure
from backprove.files import relative
from backprove.findings import Evidence


def what(name: str, inputs: list[str]) -> str:
    """How a result is called: "value", "gradient of x"."""
    if name == "y":
        return "value"
    if name.startswith("d:"):
        return f"gradient of {name[2:]}"
    index = int(name[1:])
    return f"gradient of {inputs[index] if index < len(inputs) else 'x'}"


def shown(least: Failure) -> tuple[dict[str, Any], list[Evidence]]:
    """The parameters and the evidence that show a failing element."""
    trial = least.trial
    yours, wanted = _telling(least)
    evidence = [
        Evidence("input", _input(least)),
        *_others(trial),
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
    if trial.layout != "plain":
        evidence.append(Evidence("memory layout", trial.layout))
    if trial.dy.size != 1:
        evidence.append(Evidence("shape", str(trial.dy.shape), where=str(least.place)))
    return {"yours": yours, "input": _input(least), "expected": wanted}, evidence


def _oracle(least: Failure) -> str:
    trial = least.trial
    return trial.value_oracle if least.name == "y" and trial.value_oracle else trial.oracle


def common(least: Failure, subject: Any, title: str) -> dict[str, Any]:
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
    if _whole(least.trial):
        return _plain(x)
    if (np.shape(x) == least.trial.dy.shape and least.place != ()) or x.ndim == 0:
        return _plain(x[least.place] if np.ndim(x) == len(least.place) else x)
    return str(np.asarray(x, dtype=np.float64).tolist()) if x.size <= 12 else f"shape {x.shape}"


def _others(trial: Any) -> list[Evidence]:
    """The inputs behind the first, where they are small."""
    found = zip(OTHERS, trial.inputs[1:], strict=False)
    return [
        Evidence(name, _plain(x) if np.size(x) <= 12 else f"shape {np.shape(x)}")
        for name, x in found
    ]


OTHERS = ("second input", "third input", "fourth input")


def _whole(trial: Any) -> bool:
    """Whether arrays are shown whole: their other elements matter too, and they are few."""
    few = max(np.size(trial.inputs[0]), np.size(trial.dy)) <= 12
    return bool(few and trial.purpose == SMALLER and np.asarray(trial.inputs[0]).dtype.kind in "fV")


def _short(value: Any) -> Any:
    size = np.size(value)
    floating = np.asarray(value).dtype.kind in "fV"
    return _plain(value) if size <= 12 and floating else str(value)[:60]


def _dy(least: Failure) -> Any:
    dy = least.trial.dy
    if _whole(least.trial):
        return _plain(dy)
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


def input_of(trial: Any) -> Any:
    x = np.asarray(trial.inputs[0])
    return _plain(x) if x.size <= 12 else f"shape {x.shape}"
