"""Every error that backprove raises for a mistake of its caller.

    BackproveError
    +-- UsageError        an unknown option, key, name or a value out of range
    +-- ContractError     an operator class that breaks the operator contract
    +-- ShapeError        an array of the wrong shape
    +-- DTypeError        an array of the wrong type, or of two libraries at once
    +-- DataError         data that is missing, damaged, empty or not finite
    +-- CheckpointError   a checkpoint that is missing, damaged or of another network
    +-- DivergenceError   training met NaN or infinity
    +-- DependencyError   an optional library that is not installed

Each message says what was expected, what was found and what to do. It is a template with
parameters (see `messages`), so that the command line can show it in the user's language.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from backprove.messages import render


class BackproveError(Exception):
    """A mistake of the caller, told in one clear sentence.

    `template` is the English text with its parameters in braces; `parameters` fills them.
    """

    def __init__(self, template: str, /, **parameters: Any) -> None:
        super().__init__(template, parameters)
        self.template = template
        self.parameters = parameters

    def __str__(self) -> str:
        return render(self.template, **self.parameters)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.template, self.parameters)


class UsageError(BackproveError, ValueError):
    """An unknown option, key or name, or a value out of range."""


class ContractError(BackproveError, TypeError):
    """An operator class that breaks the operator contract."""


class ShapeError(BackproveError, ValueError):
    """An array of the wrong shape."""


class DTypeError(BackproveError, TypeError):
    """An array of the wrong type, or arrays of two libraries in one call."""


class DataError(BackproveError, ValueError):
    """Data that is missing, damaged, empty or not finite."""


class CheckpointError(BackproveError, ValueError):
    """A checkpoint that is missing, damaged or belongs to another network."""


class DivergenceError(BackproveError, ArithmeticError):
    """Training met NaN or infinity."""


class DependencyError(BackproveError, ImportError):
    """An optional library that is not installed."""


def _rebuild(
    cls: type[BackproveError], template: str, parameters: dict[str, Any]
) -> BackproveError:
    return cls(template, **parameters)


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is spelt most like `word`; the first one if none is near."""
    names = list(known)
    lowered = {name.lower(): name for name in reversed(names)}
    match = difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=0.4)
    return lowered[match[0]] if match else names[0]


def unknown(kind: str, word: str, known: Iterable[str], owner: str = "") -> UsageError:
    """The error for a name that is not in a list: it names the nearest one and all of them.

    `kind` is one of our own words, "operator" or "option"; `owner` says whose option it is.
    """
    names = list(known)
    return UsageError(
        "unknown {kind} of {owner} {word!r}: did you mean {nearest!r}? Known are {known}."
        if owner
        else "unknown {kind} {word!r}: did you mean {nearest!r}? Known are {known}.",
        kind=kind,
        owner=owner,
        word=word,
        nearest=nearest(word, names),
        known=", ".join(names),
    )
