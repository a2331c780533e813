"""The arguments of a framework's operator, under the names that our own operators use."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import Any

from backprove.errors import unknown
from backprove.oracle.names import argument_names, documented
from backprove.targets.given import literal

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


def documented_defaults(call: Any) -> dict[str, Any]:
    """The plain defaults in the first line of the documentation of a compiled function."""
    pairs = [part.partition("=")[::2] for part in documented(call) if "=" in part]
    found = {name.partition(":")[0].strip(): literal(text) for name, text in pairs}
    return {k: v for k, v in found.items() if k.isidentifier()}


def mapped(call: Callable[..., Any], given: dict[str, Any], library: str) -> dict[str, Any]:
    """The arguments under the names of the framework. Raises UsageError for one that has none."""
    names = argument_names(call)
    found = {}
    for word, value in given.items():
        known = word if names is None or word in names else synonym(word, names, given)
        if not known:
            raise unknown("argument", word, names or [word], getattr(call, "__name__", str(call)))
        found[known] = _approximate(value, library) if known == "approximate" else value
    return found


def synonym(word: str, names: list[str], given: Container[str] = ()) -> str:
    """The one of the names that means the same as the word, "" if none or several do."""
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
