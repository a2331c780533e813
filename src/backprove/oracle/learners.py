"""A learner's operator file inside a worker: what its class is, and its outcomes on trials."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from backprove import lift
from backprove.course import load_operator
from backprove.lifted import as_op
from backprove.oracle.trials import run_trials


@cache
def load(place: str) -> Any:
    """The class of the file, which is run once in this process."""
    return load_operator(place)


def describe(place: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Name, constructor arguments, inputs, parameters and source lines of the class."""
    cls = load(place)
    return {**constructor(cls), **facts(cls, cls(**arguments))}


def constructor(cls: Any) -> dict[str, Any]:
    """The constructor's arguments: those that are needed and the defaults of the others."""
    found = list(inspect.signature(cls).parameters.values())
    named = [p for p in found if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    simple = bool | int | float | str | None
    return {
        "needed": [p.name for p in named if p.default is p.empty],
        "defaults": {
            p.name: p.default
            for p in named
            if p.default is not p.empty and isinstance(p.default, simple)
        },
    }


def facts(cls: Any, obj: Any) -> dict[str, Any]:
    """What the checker has to know of an operator object and its class."""
    op = as_op(obj)
    lines, start = _source(cls)
    return {
        "name": cls.__name__,
        "bases": [base.__name__ for base in cls.__mro__],
        "inputs": list(op.signature.inputs),
        "parameters": {k: list(p.shape) for k, p in op.parameters().items()},
        "protocol": getattr(op, "protocol", "upstream"),
        "teaching": op.signature.teaching,
        "upstream": lift.upstream_name(obj) if op.signature.teaching else "dy",
        "file": inspect.getsourcefile(cls) if lines else None,
        "line": start,
        "source": lines,
    }


def _source(cls: Any) -> tuple[str, int | None]:
    """The source of `backward` and the number of its first line."""
    method: Callable[..., Any] = inspect.unwrap(cls.backward)
    try:
        lines, start = inspect.getsourcelines(method)
    except (OSError, TypeError):
        return "", None
    return "".join(lines), start


def trials(
    place: str, requests: list[dict[str, Any]], to: Any, back: Any
) -> dict[str, Any]:
    """The outcomes of the class on trials."""
    return {"outcomes": run_trials(load(place), requests, to, back)}
