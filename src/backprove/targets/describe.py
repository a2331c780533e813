"""What a checker has to know of a target before it draws trials for it."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from backprove import lift
from backprove.targets import constructor
from backprove.targets.dotted import documented_defaults
from backprove.targets.making import maker
from backprove.targets.operators import Operator
from backprove.targets.runner import Runner
from backprove.targets.things import spelling


def facts(thing: Any, runner: Runner, name: str) -> dict[str, Any]:
    """Names, spelling, parameters and source of a class or function, as plain data.

    name, bases   of the class or function; the names of the classes that it inherits from
    spelling      "library", "teaching", "function", "layer", "custom_vjp", "automatic" or "pair"
    protocol      what backward begins with: "upstream", "labels" or "chain"
    reading       one sentence on how backward was read, where two readings fit
    upstream      what the author called the upstream gradient
    inputs        of forward; `parameters` name -> shape
    roles         what each argument of a pair's backward stands for
    unshaped      parameters of forward whose shape nothing tells
    constructor   {"needed": [names], "defaults": {name: value}}
    file, line, source   of backward, or of the function
    forward       file, line and source of forward
    """
    cls = thing if isinstance(thing, type) else type(thing)
    source, file, line = backward_source(thing)
    return {
        "name": name,
        "bases": [base.__name__ for base in cls.__mro__] if not _is_function(thing) else [],
        "spelling": runner.spelling,
        "teaching": runner.spelling == "teaching",
        "protocol": runner.protocol,
        "reading": getattr(getattr(runner, "op", None), "reading", ""),
        "upstream": _upstream(runner),
        "inputs": list(runner.inputs),
        "parameters": {k: list(np.shape(v)) for k, v in runner.parameters().items()},
        "roles": dict(getattr(runner, "roles", {})),
        "unshaped": _unshaped(runner),
        "constructor": takes(thing),
        "file": file,
        "line": line,
        "source": source,
        "forward": dict(zip(("source", "file", "line"), forward_source(thing), strict=True)),
    }


def _unshaped(runner: Runner) -> list[str]:
    """The parameters that forward must be handed, if the operator does not make them itself."""
    if not isinstance(runner, Operator) or runner.spelling == "teaching":
        return []
    return [n for n in runner.op.signature.parameters if n not in runner.parameters()]


def takes(thing: Any) -> dict[str, Any]:
    """The constructor's arguments; of a function, those that have defaults."""
    if isinstance(thing, type) and spelling(thing) != "function":
        return constructor.described(thing)
    if not _is_function(thing):
        return {"needed": [], "defaults": {}}
    found = constructor.described(maker(thing))["defaults"] or documented_defaults(thing)
    return {"needed": [], "defaults": found}


def _is_function(thing: Any) -> bool:
    """Whether it is a pair, a function, or a class that is called by `apply`."""
    if isinstance(thing, type):
        return spelling(thing) == "function"
    return isinstance(thing, tuple) or (callable(thing) and not lift.is_operator(thing))


def _upstream(runner: Runner) -> str:
    if runner.spelling == "teaching" and isinstance(runner, Operator):
        return lift.upstream_name(runner.subject)
    return "dy"


def backward_source(thing: Any) -> tuple[str, str, int | None]:
    """The source of `backward`, its file and the number of its first line; nothing if unknown."""
    place = thing[1] if isinstance(thing, tuple) else getattr(thing, "backward", thing)
    if type(thing).__name__ == "custom_vjp":
        place = getattr(thing, "bwd", None) or thing
    return _source(place)


def forward_source(thing: Any) -> tuple[str, str, int | None]:
    """The source of `forward`, its file and the number of its first line; nothing if unknown."""
    place = thing[0] if isinstance(thing, tuple) else getattr(thing, "forward", thing)
    if type(thing).__name__ == "custom_vjp":
        place = getattr(thing, "fun", None) or thing
    return _source(place)


def _source(place: Any) -> tuple[str, str, int | None]:
    method = inspect.unwrap(place) if callable(place) else place
    try:
        lines, start = inspect.getsourcelines(method)
        return "".join(lines), inspect.getsourcefile(method) or "", start
    except (OSError, TypeError):
        return "", "", None
