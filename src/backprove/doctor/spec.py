"""What is diagnosed, as data: the configuration of `backprove train`, read, changed and compared.

A change is named by a dotted key: {"training.learning_rate": 0.1, "data.options.noise": 0.0}.
None takes an optional key away.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

from backprove.errors import UsageError
from backprove.train import config as configuration
from backprove.train.config import Config, convert, write

Spec = Config

__all__ = ["Spec", "changed", "convert", "difference", "fingerprint", "read", "tables", "write"]


def read(path: Path) -> Spec:
    """The configuration in a TOML file, or in the folder of a run (its config.toml).

    Raises UsageError if it is missing, is not TOML, or holds unknown keys or wrong values.
    """
    return convert(configuration.read(path / "config.toml" if path.is_dir() else path))


def tables(spec: Spec) -> dict[str, Any]:
    """The configuration as plain tables, None left out."""
    found: dict[str, Any] = msgspec.to_builtins(spec)
    return {t: {k: v for k, v in keys.items() if v is not None} for t, keys in found.items()}


def changed(spec: Spec, changes: Mapping[str, Any]) -> Spec:
    """A new configuration with some values set. Raises UsageError for keys that do not exist."""
    found = tables(spec)
    for key, value in changes.items():
        *path, last = key.split(".")
        if not path:
            raise UsageError(
                "expected a key with its table, such as training.learning_rate, found {key!r}",
                key=key,
            )
        table = found
        for part in path:
            table = table.setdefault(part, {})
        if value is None:
            table.pop(last, None)
            convert({path[0]: {last: None}} if len(path) == 1 else {path[0]: {path[1]: None}})
        else:
            table[last] = copy.deepcopy(value)
    return convert(found)


def difference(old: Spec, new: Spec) -> list[str]:
    """The lines of TOML that differ: "[table]", "-" before old lines, "+" before new ones."""
    before, after = tables(old), tables(new)
    lines: list[str] = []
    for table in dict.fromkeys([*before, *after]):
        a, b = before.get(table, {}), after.get(table, {})
        found = [line for key in dict.fromkeys([*a, *b]) for line in _changed_lines(key, a, b)]
        lines += [f" [{table}]", *found] if found else []
    return lines


def _changed_lines(key: str, a: dict[str, Any], b: dict[str, Any]) -> Iterator[str]:
    if a.get(key) == b.get(key):
        return
    for sign, side in (("-", a), ("+", b)):
        if key in side:
            yield f"{sign}{key} = {_inline(side[key])}"


def _inline(value: Any) -> str:
    """A value as TOML on one line."""
    if isinstance(value, dict):
        inner = ", ".join(f"{k} = {_inline(v)}" for k, v in value.items())
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def fingerprint(spec: Spec) -> str:
    """SHA-256 of what the configuration says: equal configurations, equal fingerprints."""
    return hashlib.sha256(msgspec.json.encode(tables(spec), order="deterministic")).hexdigest()
