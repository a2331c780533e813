"""From a target to something that runs: the right runner for how it is written."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from backprove.errors import UsageError
from backprove.lift import is_operator
from backprove.oracle.names import argument_names, resolve
from backprove.targets import automatic, constructor, dotted
from backprove.targets.automatic import Function
from backprove.targets.layers import Layer
from backprove.targets.operators import Operator
from backprove.targets.pairs import Pair
from backprove.targets.runner import Runner
from backprove.targets.things import spelling


def maker(thing: Any) -> Any:
    """What takes the arguments: the class, or the function itself."""
    if isinstance(thing, tuple):
        return thing[0]
    if isinstance(thing, type) and spelling(thing) == "function":
        return thing.forward  # type: ignore[attr-defined]
    return getattr(thing, "fun", thing) if spelling(thing) == "custom_vjp" else thing


def accepted(thing: Any) -> list[str] | None:
    """The names that the class, function or pair takes as arguments; None if it takes any."""
    places = thing if isinstance(thing, tuple) else (maker(thing),)
    if any(constructor.takes_any(place) for place in places):
        return None
    return list(dict.fromkeys(p.name for f in places for p in constructor.parameters(f)))


def is_plain(thing: Any) -> bool:
    """Whether it is a function like any other: no class, no pair, no custom rule."""
    return callable(thing) and not isinstance(thing, type) and not spelling(thing)


def runner(thing: Any, arguments: dict[str, Any], arrays: ModuleType) -> Runner:
    """A learner's class, function, pair or object as a runner."""
    if isinstance(thing, tuple):
        refuse_unknown(arguments, *thing)
        return Pair(thing[0], thing[1], arguments)
    if isinstance(thing, type):
        kind = spelling(thing)
        if kind == "function":
            refuse_unknown(arguments, maker(thing))
            call, names = automatic.applied(thing)
            return Function(call, names, arguments, arrays, "function", thing)
        if kind == "layer":
            return Layer(_built(thing, arguments, arrays), arrays)
        return _of_object(_built(thing, arguments, arrays), arrays)
    if is_operator(thing) or spelling(type(thing)) == "layer":
        return _of_object(thing, arrays)
    refuse_unknown(arguments, maker(thing))
    if spelling(thing) == "custom_vjp":
        names = automatic.custom_vjp_names(thing)
        return Function(_by_place(thing), names, arguments, arrays, "custom_vjp", thing)
    if callable(thing):
        names = automatic.required_names(thing)
        return Function(thing, names, arguments, arrays, "automatic", thing)
    return _of_object(thing, arrays)


def refuse_unknown(arguments: dict[str, Any], *functions: Any) -> None:
    """Raise UsageError for a setting that none of the functions takes."""
    known = dict.fromkeys(p.name for f in functions for p in constructor.parameters(f))
    free = any(constructor.takes_any(f) for f in functions)
    for word in arguments:
        if word not in known and not free:
            raise constructor.unknown_argument(word, list(known), functions[0].__name__)


def framework_runner(
    library: str, name: str, arguments: dict[str, Any], arrays: ModuleType
) -> Runner:
    """A framework's function, or its layer made with the arguments."""
    found = resolve(library, name)
    if isinstance(found, type):
        return Layer(_built(found, dotted.mapped(found, arguments, library), arrays), arrays)
    given = dotted.mapped(found, arguments, library)
    names = automatic.required_names(found) or (argument_names(found) or [])[:1]
    return Function(found, names, given, arrays, "automatic", found)


def _built(cls: Any, arguments: dict[str, Any], arrays: ModuleType) -> Any:
    arrays.seed()
    return constructor.build(cls, arguments)


def _of_object(obj: Any, arrays: ModuleType) -> Runner:
    if spelling(type(obj)) == "layer":
        return Layer(obj, arrays)
    if is_operator(obj):
        return Operator(obj, arrays)
    raise UsageError(
        "{name} has no forward and backward: write both methods",
        name=getattr(obj, "__name__", type(obj).__name__),
    )


def _by_place(function: Any) -> Any:
    """A custom_vjp function called without keywords, which those with fixed arguments refuse."""
    names = [p.name for p in constructor.parameters(getattr(function, "fun", function))]

    def call(*inputs: Any, **named: Any) -> Any:
        free = iter(inputs)
        last = max([names.index(n) + 1 for n in named], default=0)
        given = [named[n] if n in named else next(free) for n in names[:last]]
        return function(*given, *free)

    return call
