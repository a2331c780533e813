"""Copies of a learner's objects, and what a call changed on them.

An object may hold other operators, directly or in lists, tuples and dictionaries (a model and its
layers). They are copied along, each once however many paths lead to it. Arrays are shared.
"""

from __future__ import annotations

import copy
from typing import Any

CONTAINERS = (dict, list, tuple)


def is_operator(obj: Any) -> bool:
    """Whether an object has a backward, and a forward or is callable."""
    return callable(getattr(obj, "backward", None)) and (
        callable(getattr(obj, "forward", None)) or callable(obj)
    )


def nested(value: Any) -> bool:
    """Whether a value is an operator that is copied along (a class is not)."""
    return is_operator(value) and not isinstance(value, type) and hasattr(value, "__dict__")


def clone(value: Any, memo: dict[int, Any] | None = None) -> Any:
    """A copy of an operator, list, tuple or dictionary with those inside; other values as such."""
    memo = {} if memo is None else memo
    if id(value) in memo:
        return memo[id(value)]
    if isinstance(value, tuple) and type(value) is tuple:
        return tuple(clone(v, memo) for v in value)
    if not (isinstance(value, dict | list) or nested(value)):
        return value
    twin = memo[id(value)] = copy.copy(value)
    if isinstance(value, dict):
        for key, item in value.items():
            twin[key] = clone(item, memo)
    elif isinstance(value, list):
        twin[:] = [clone(item, memo) for item in value]
    else:
        for name, item in vars(value).items():
            object.__setattr__(twin, name, clone(item, memo))
    return twin


def operators_in(obj: Any) -> dict[str, Any]:
    """The object under "", and every operator it holds under a dotted path, each once."""
    found: dict[str, Any] = {}
    _collect("", obj, found, set())
    return found


def _collect(path: str, value: Any, found: dict[str, Any], seen: set[int]) -> None:
    if id(value) in seen or not (isinstance(value, CONTAINERS) or nested(value)):
        return
    seen.add(id(value))
    if nested(value):
        found[path] = value
        items: Any = vars(value).items()
    else:
        items = value.items() if isinstance(value, dict) else enumerate(value)
    for name, item in items:
        _collect(join(path, name), item, found, seen)


def join(path: str, name: Any) -> str:
    """A dotted path one step further."""
    return f"{path}.{name}" if path else str(name)


def snapshot(value: Any) -> Any:
    """The value with its lists and dictionaries copied, to compare with later."""
    if isinstance(value, dict):
        return {k: snapshot(v) for k, v in value.items()}
    if isinstance(value, list):
        return [snapshot(v) for v in value]
    return value


def changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """The entries of `after` that the snapshot `before` lacks or holds another value of."""
    return {
        name: value
        for name, value in after.items()
        if name not in before or not _same(before[name], value)
    }


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    return a is b
