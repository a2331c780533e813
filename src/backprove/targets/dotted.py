"""A framework's operator by its dotted name, with argument names as in our own operators."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable
from typing import Any

from backprove.errors import UsageError, nearest, unknown
from backprove.targets.given import literal

ALIASES = {
    "paddle": {"F": "nn.functional", "nn": "nn"},
    "torch": {"F": "nn.functional", "nn": "nn"},
    "jax": {"F": "nn", "nn": "nn", "jnp": "numpy", "functional": "nn"},
    "numpy": {"np": ""},
}
SYNONYMS = (
    ("negative_slope", "alpha", "slope", "leakiness"),
    ("lambd", "threshold", "lambda_", "lam"),
    ("min_val", "min", "a_min"),
    ("max_val", "max", "a_max"),
    ("axis", "dim"),
    ("eps", "epsilon"),
    ("keepdims", "keepdim"),
    ("in_features", "input_size", "in_size"),
    ("out_features", "output_size", "out_size"),
    ("p", "rate"),
    ("beta", "delta"),
    ("approximate", "approx"),
    ("pieces", "groups"),
)


def resolve(library: str, name: str) -> Any:
    """What the dotted name below the framework stands for. Raises UsageError if nothing does."""
    first, _, rest = name.partition(".")
    if first in ALIASES[library]:
        name = ".".join(part for part in (ALIASES[library][first], rest) if part)
    found: Any = importlib.import_module(library)
    path = library
    for part in name.split("."):
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
        return _documented(call)
    if any(p.kind is p.VAR_KEYWORD for p in found):
        return None
    return [p.name for p in found if p.kind is not p.VAR_POSITIONAL]


def _documented(call: Any) -> list[str] | None:
    found = [part.partition("=")[0].partition(":")[0].strip() for part in _parts(call)]
    return [name for name in found if name.isidentifier()] or None


def documented_defaults(call: Any) -> dict[str, Any]:
    """The plain defaults in the first line of the documentation of a compiled function."""
    pairs = [part.partition("=")[::2] for part in _parts(call) if "=" in part]
    found = {name.partition(":")[0].strip(): literal(text) for name, text in pairs}
    return {k: v for k, v in found.items() if k.isidentifier()}


def _parts(call: Any) -> list[str]:
    text = (getattr(call, "__doc__", "") or "").strip()
    found = re.match(rf"{re.escape(getattr(call, '__name__', ''))}\(([^)]*)\)", text)
    return found[1].split(",") if found else []


def mapped(call: Callable[..., Any], given: dict[str, Any], library: str) -> dict[str, Any]:
    """The arguments under the names of the framework. Raises UsageError for one that has none."""
    names = argument_names(call)
    found = {}
    for word, value in given.items():
        known = word if names is None or word in names else _synonym(word, names, given)
        if not known:
            raise unknown("argument", word, names or [word], getattr(call, "__name__", str(call)))
        found[known] = _approximate(value, library) if known == "approximate" else value
    return found


def _synonym(word: str, names: list[str], given: dict[str, Any]) -> str:
    for group in SYNONYMS:
        if word in group:
            others = [n for n in group if n in names and n not in given]
            return others[0] if len(others) == 1 else ""
    return ""


def _approximate(value: Any, library: str) -> Any:
    """The tanh form of GELU is "tanh" in PyTorch, True in Paddle and JAX."""
    if library == "torch" and isinstance(value, bool):
        return "tanh" if value else "none"
    if library != "torch" and value in ("tanh", "none"):
        return value == "tanh"
    return value
