"""A framework's operator by its dotted name: the object, and what it takes by name."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from typing import Any

from backprove.errors import UsageError, nearest

ALIASES = {
    "paddle": {"F": "nn.functional", "nn": "nn"},
    "torch": {"F": "nn.functional", "nn": "nn"},
    "jax": {"F": "nn", "nn": "nn", "jnp": "numpy", "functional": "nn"},
    "numpy": {"np": ""},
}


def spelled_out(library: str, name: str) -> str:
    """The dotted name below the framework without its usual short forms."""
    first, _, rest = name.partition(".")
    if first not in ALIASES[library]:
        return name
    return ".".join(part for part in (ALIASES[library][first], rest) if part)


def resolve(library: str, name: str) -> Any:
    """What the dotted name below the framework stands for. Raises UsageError if nothing does."""
    found: Any = importlib.import_module(library)
    path = library
    for part in spelled_out(library, name).split("."):
        below = _below(found, path, part)
        if below is None:
            names = [n for n in dir(found) if not n.startswith("_")] or [part]
            raise UsageError(
                "{owner} has no {word!r}: did you mean {nearest!r}?",
                owner=path,
                word=part,
                nearest=nearest(part, names),
            )
        found, path = below, f"{path}.{part}"
    if not callable(found):
        raise UsageError(
            "{path} is no operator but a {found}: name a function or a layer",
            path=path,
            found=type(found).__name__,
        )
    return found


def _below(owner: Any, path: str, name: str) -> Any:
    found = getattr(owner, name, None)
    if found is None and inspect.ismodule(owner):
        try:
            return importlib.import_module(f"{path}.{name}")
        except ImportError:
            return None
    return found


def argument_names(call: Callable[..., Any]) -> list[str] | None:
    """What a function or layer takes by name; None if nobody can tell.

    For functions of compiled code the names are read from the first line of the documentation.
    """
    try:
        found = inspect.signature(call).parameters.values()
    except (TypeError, ValueError):
        parts = [part.partition("=")[0] for part in documented(call)]
        words = [part.partition(":")[0].strip() for part in parts]
        return [word for word in words if word.isidentifier()] or None
    if any(p.kind is p.VAR_KEYWORD for p in found):
        return None
    return [p.name for p in found if p.kind is not p.VAR_POSITIONAL]


def documented(call: Any) -> list[str]:
    """The arguments in the first line of the documentation of a compiled function."""
    text = (getattr(call, "__doc__", "") or "").strip()
    found = re.match(rf"{re.escape(getattr(call, '__name__', ''))}\(([^)]*)\)", text)
    return found[1].split(",") if found else []


def described(library: str, name: str) -> dict[str, Any]:
    """Whether an operator is a layer, and what it takes by name (None if nobody can tell)."""
    found = resolve(library, name)
    return {"layer": isinstance(found, type), "names": argument_names(found)}
