"""How a script calls a learner's class: parameters in `params`, gradients in `grads`, a loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from backprove.check.trial import Failure, Trial


def spelled(trial: Trial, subject: Any) -> Trial:
    """The trial with names for its parameters that a script can use, and with its labels."""
    values = {_variable(k): v for k, v in trial.values.items()}
    if subject.facts.get("protocol") == "labels" and trial.labels is not None:
        values["labels"] = trial.labels
    return replace(trial, values=values)


def set_parameters(failure: Failure, subject: Any) -> list[str]:
    """The lines that hand the parameters over to a class in the teaching spelling."""
    if not _teaching(subject):
        return []
    return [f"{_entry(k, 'params')} = {_variable(k)}" for k in failure.trial.values]


def backward(failure: Failure, subject: Any) -> list[str]:
    """The call of backward and the gradient that is wrong; a loss that starts the chain takes none.

    In the teaching spelling the gradients of parameters are in `grads`.
    """
    protocol = subject.facts.get("protocol") if subject.place else "upstream"
    call = f"op.backward({'labels' if protocol == 'labels' else 'dy'})"
    if in_library_spelling(subject):
        return [f"gradient = {call}{_part(failure, subject)}"]
    if protocol == "chain":
        scaled = "" if np.all(np.asarray(failure.trial.dy, np.float64) == 1) else " * dy"
        call = f"op.backward(){scaled}"
    if failure.name.startswith("d:") and _teaching(subject):
        return [call, f"gradient = {_entry(failure.name[2:], 'grads')}"]
    return [f"gradient = {call}"]


def in_library_spelling(subject: Any) -> bool:
    """Whether it is called as `op(x, weight=weight)`: one of ours, or a class spelled like them."""
    return not subject.place or subject.facts.get("spelling") == "library"


def _part(failure: Failure, subject: Any) -> str:
    """Which of the gradients that `op.backward(dy)` gives."""
    named, learns = failure.name.startswith("d:"), _learns(failure, subject)
    if named:
        return f"[-1][{failure.name[2:]!r}]"
    several = learns or len(failure.trial.inputs) > 1
    return f"[{failure.name[1:]}]" if several and failure.name[1:].isdigit() else ""


def _learns(failure: Failure, subject: Any) -> bool:
    """Whether parameters get gradients too."""
    facts = subject.facts
    return bool(
        facts.get("parameters")
        or facts.get("unshaped")
        or any(k.startswith("d:") for k in failure.trial.expected)
    )


def _teaching(subject: Any) -> bool:
    return bool(subject.place and subject.facts.get("teaching"))


def _variable(name: str) -> str:
    return name.replace(".", "_")


def _entry(name: str, dictionary: str) -> str:
    """The entry of `params` or `grads`; "fc1.W" is one of the operator that is held as fc1."""
    *owners, last = name.split(".")
    return f"{'.'.join(['op', *owners])}.{dictionary}[{last!r}]"
