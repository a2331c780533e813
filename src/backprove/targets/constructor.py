"""Making a learner's object: which arguments its constructor takes, and refusing others."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from backprove.errors import UsageError, unknown

SIMPLE = bool | int | float | str | None
MODELS = ("model", "net", "network")


class Model:
    """Stands in for the model that a loss of the course holds and hands its gradient on to."""

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self.grads: dict[str, Any] = {}
        self.layers: list[Any] = []

    def forward(self, x: Any) -> Any:
        """The input itself."""
        return x

    def backward(self, dy: Any) -> Any:
        """The gradient itself."""
        return dy


def parameters(make: Callable[..., Any]) -> list[inspect.Parameter]:
    """The named arguments of a class or function; none if Python cannot tell."""
    try:
        found = list(inspect.signature(make).parameters.values())
    except (TypeError, ValueError):
        return []
    return [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def takes_any(make: Callable[..., Any]) -> bool:
    """Whether it takes names that it does not list."""
    try:
        found = inspect.signature(make).parameters.values()
    except (TypeError, ValueError):
        return True
    return any(p.kind is p.VAR_KEYWORD for p in found)


def described(make: Callable[..., Any]) -> dict[str, Any]:
    """The arguments that are needed, and the plain defaults of the others."""
    found = parameters(make)
    return {
        "needed": [p.name for p in found if p.default is p.empty],
        "defaults": {
            p.name: p.default
            for p in found
            if p.default is not p.empty and isinstance(p.default, SIMPLE)
        },
    }


def build(cls: Callable[..., Any], arguments: dict[str, Any]) -> Any:
    """An object of the class.

    Raises UsageError for an argument too many or too few, and for one that an operator of ours
    cannot take.

    A loss that needs the model it belongs to is given a stand-in.
    """
    name = getattr(cls, "__name__", str(cls))
    found = parameters(cls)
    known = [p.name for p in found]
    for word in arguments:
        if word not in known and not takes_any(cls):
            raise unknown_argument(word, known, name)
    absent = [p.name for p in found if p.default is p.empty and p.name not in arguments]
    models = {n: Model() for n in absent if n.lower() in MODELS}
    absent = [n for n in absent if n not in models]
    if absent:
        raise UsageError(
            "{name} needs {names} to be made: give each a value, as in --with {example}",
            name=name,
            names=", ".join(absent),
            example=" ".join(f"{n}=..." for n in absent),
        )
    try:
        return cls(**{**models, **arguments})
    except (TypeError, ValueError) as error:
        if not getattr(cls, "__module__", "").startswith("backprove.") or not arguments:
            raise
        raise UsageError(
            "{name} cannot be made with {arguments} ({reason}): give other values",
            name=name,
            arguments=", ".join(f"{k}={v!r}" for k, v in arguments.items()),
            reason=str(error),
        ) from error


def unknown_argument(word: str, known: list[str], name: str) -> UsageError:
    """The error for an argument that a class or function does not take."""
    if known:
        return unknown("argument", word, known, name)
    return UsageError(
        "{name} takes no arguments, found {word!r}: leave it out", name=name, word=word
    )
