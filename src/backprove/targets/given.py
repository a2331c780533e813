"""Constructor arguments as they are written on the command line: `--with negative_slope=0.1`."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Any

from backprove.errors import UsageError


def parse_given(words: Iterable[str]) -> dict[str, Any]:
    """The arguments by name. A value is a Python literal, or else the text itself.

    Raises UsageError for a word without "=", a name that is none, or a name given twice.
    """
    found: dict[str, Any] = {}
    for word in words:
        name, equals, text = word.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            raise UsageError(
                "expected an argument as name=value, found {word!r}: write it as in {example}",
                word=word,
                example="negative_slope=0.1",
            )
        if name in found:
            raise UsageError(
                "the argument {name} is given twice ({first!r}, {second!r}): give it once",
                name=name,
                first=found[name],
                second=text,
            )
        found[name] = literal(text)
    return found


def literal(text: str) -> Any:
    """A number, text, list, tuple, dictionary, True, False or None; inf and nan too."""
    bare = text.strip()
    if bare.lower().lstrip("+-") in ("inf", "nan", "infinity"):
        return float(bare)
    try:
        return ast.literal_eval(bare)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def pack_literal(value: Any) -> Any:
    """A literal for the pipe, where tuples would become lists."""
    if isinstance(value, tuple | set | frozenset):
        kind = "tuple" if isinstance(value, tuple) else "set"
        return {"__literal__": kind, "items": [pack_literal(v) for v in value]}
    if isinstance(value, complex):
        return {"__literal__": "complex", "items": [value.real, value.imag]}
    if isinstance(value, list):
        return [pack_literal(v) for v in value]
    if isinstance(value, dict):
        return {k: pack_literal(v) for k, v in value.items()}
    return value


def unpack_literal(value: Any) -> Any:
    """The reverse of `pack_literal`."""
    if isinstance(value, list):
        return [unpack_literal(v) for v in value]
    if not isinstance(value, dict):
        return value
    if "__literal__" not in value:
        return {k: unpack_literal(v) for k, v in value.items()}
    items = [unpack_literal(v) for v in value["items"]]
    if value["__literal__"] == "complex":
        return complex(*items)
    return tuple(items) if value["__literal__"] == "tuple" else set(items)
