"""A plain function of arrays as a network: its parameters are those that it reads from around it.

    W = torch.randn(784, 10, requires_grad=True)
    def forward(x):
        return torch.softmax(x @ W, 1)

Trainable tensors and layers that the function, or a function of the same file that it calls, reads
by name are registered under these names, those in lists and dictionaries as "layers[0]".
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from backprove.oracle.refused import Refused, words


def is_functional(found: Any, arguments: dict[str, Any]) -> bool:
    """Whether it is a function that lacks arguments: those that it lacks are its inputs."""
    if not (inspect.isfunction(found) or isinstance(found, partial)):
        return False
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return any(
        p.kind in kinds and p.default is p.empty and name not in arguments
        for name, p in inspect.signature(found).parameters.items()
    )


def as_network(function: Callable[..., Any], kind: Any, arguments: dict[str, Any]) -> Any:
    """A module of the framework that calls the function. `kind` is nn.Module or nn.Layer."""

    def forward(self: Any, *inputs: Any, **keywords: Any) -> Any:
        try:
            found = function(*inputs, **keywords, **arguments)
        except (Exception, SystemExit) as error:
            raise Refused("function", words(error)) from error
        if isinstance(found, kind):
            raise Refused("function", f"gave {type(found).__name__}, which is a network")
        return found

    name = getattr(function, "__name__", "function")
    net = type(name, (kind,), {"forward": forward})()
    layers = net._modules if hasattr(net, "_modules") else net._sub_layers
    for key, value in _read(function, set()):
        if isinstance(value, kind):
            layers[key] = value
        elif _trainable(value):
            net._parameters[key] = value
    return net


def libraries(function: Any) -> set[str]:
    """The packages that what a function reads comes from: {"torch", "math"}."""
    return {_home(value).partition(".")[0] for _, value in _read(function, set())}


def _home(value: Any) -> str:
    if inspect.ismodule(value):
        return value.__name__
    return str(getattr(value, "__module__", None) or getattr(type(value), "__module__", ""))


def _around(function: Any) -> dict[str, Any]:
    """What a function reads from around it, by name."""
    if isinstance(function, partial):
        given = {str(i): v for i, v in enumerate(function.args)} | function.keywords
        return given | _around(function.func)
    if not inspect.isfunction(function):
        return {}
    found = inspect.getclosurevars(function)
    return {**found.globals, **found.nonlocals}


def _read(function: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    seen.add(id(function))
    home = getattr(function, "__module__", None)
    for name, value in _around(function).items():
        if inspect.isfunction(value) and value.__module__ == home:
            yield from _read(value, seen) if id(value) not in seen else ()
        else:
            yield from _within(name, value, seen)


def _within(name: str, value: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """The value, or what a list or dictionary holds; each once."""
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _within(f"{name}[{key}]", one, seen)
    elif isinstance(value, list | tuple):
        for i, one in enumerate(value):
            yield from _within(f"{name}[{i}]", one, seen)
    else:
        yield name, value


def _trainable(value: Any) -> bool:
    """A tensor that asks for a gradient and is no result of others.

    A value of Paddle's program, made before the network is built, does not say the latter.
    """
    if not hasattr(value, "shape") or not getattr(value, "is_leaf", True):
        return False
    asks = getattr(value, "requires_grad", None)
    return bool(asks if asks is not None else not getattr(value, "stop_gradient", True))
