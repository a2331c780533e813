"""What a learner's file holds that can be checked, found by running it."""

from __future__ import annotations

import dis
import linecache
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from backprove.course import stand_in
from backprove.errors import UsageError, nearest
from backprove.files import relative
from backprove.lift import is_operator
from backprove.targets.sources import pieces

MODULE = "learners_file"
_RUNNING: list[Any] = []


def run_file(path: str) -> ModuleType:
    """The file as a module. Its folder stays first on the import path, the stand-in importable."""
    block = stand_in(Path(path).parent)
    block.__enter__()
    _RUNNING.append(block)
    module = ModuleType(MODULE)
    module.__file__ = path
    sys.modules[MODULE] = module
    for piece in pieces(path):
        if piece.name != path:
            lines = piece.text.splitlines(keepends=True)
            linecache.cache[piece.name] = (len(piece.text), None, lines, piece.name)
        exec(compile(piece.tree, piece.name, "exec"), vars(module))
    return module


def things(module: ModuleType) -> dict[str, Any]:
    """Classes, functions and pairs of the file by name, in their order; layers come first.

    A pair is named "forward,backward". Classes that are imported, and base classes whose methods
    only say that they are to be written, are left out.
    """
    found = {k: v for k, v in vars(module).items() if _own(v, module)}
    layers = {k: v for k, v in found.items() if spelling(v) == "layer"}
    rest = {k: v for k, v in found.items() if spelling(v) and k not in layers}
    return {**layers, **rest, **_pairs(vars(module), module)}


def choose(path: str, module: ModuleType, names: tuple[str, ...]) -> Any:
    """The class, function or pair (a tuple) of these names; the last one without a name.

    Raises UsageError naming what the file has.
    """
    known = things(module)
    if not names:
        if not known:
            raise UsageError(
                "{path} has no class with forward and backward: write both methods",
                path=relative(path),
            )
        return list(known.values())[-1]
    for name in names:
        if name not in vars(module):
            has = [k for k in vars(module) if k in known or _own(vars(module)[k], module)]
            raise UsageError(
                "{path} has no {wanted!r}: did you mean {nearest!r}? It has {known}."
                if has
                else "{path} has no {wanted!r}, and nothing else that can be checked",
                path=relative(path),
                wanted=name,
                nearest=nearest(name, has or [""]),
                known=", ".join(has),
            )
    found = [vars(module)[name] for name in names]
    return found[0] if len(found) == 1 else tuple(found)


def spelling(thing: Any) -> str:
    """How a class or function is written; "" for what cannot be checked on its own."""
    if isinstance(thing, type):
        bases = {f"{top_module(b)}.{b.__name__}" for b in thing.__mro__}
        if bases & {"torch.Function", "paddle.PyLayer"}:
            return "function"
        if is_operator(thing) and _own_backward(thing) and not _unwritten(thing, "forward"):
            return "operator"
        return "layer" if bases & {"torch.Module", "paddle.Layer"} else ""
    return "custom_vjp" if type(thing).__name__ == "custom_vjp" else ""


def _own_backward(cls: type) -> bool:
    """Whether backward is written, and not the one that Paddle's layers inherit to refuse it."""
    owner = next((b for b in cls.__mro__ if "backward" in vars(b)), object)
    return top_module(owner) != "paddle" and not _unwritten(cls, "backward")


def top_module(cls: type) -> str:
    """The library that a class is defined in; some compiled classes do not say."""
    return str(getattr(cls, "__module__", "")).partition(".")[0]


def _own(value: Any, module: ModuleType) -> bool:
    inner = getattr(value, "fun", value) if type(value).__name__ == "custom_vjp" else value
    return (
        isinstance(inner, type | FunctionType)
        and getattr(inner, "__module__", "") == module.__name__
    )


def _unwritten(cls: type, name: str) -> bool:
    """Whether the method only raises NotImplementedError, as in the course's base class."""
    method = getattr(cls, name, None)
    code = getattr(method, "__code__", None)
    if code is None or "NotImplementedError" not in code.co_names:
        return False
    return not any(step.opname.startswith("RETURN") for step in dis.get_instructions(code))


def _pairs(names: dict[str, Any], module: ModuleType) -> dict[str, Callable[..., Any]]:
    functions = {k: v for k, v in names.items() if isinstance(v, FunctionType) and _own(v, module)}
    found: dict[str, Any] = {}
    for name in functions:
        other = name.removesuffix("forward") + "backward"
        if name.endswith("forward") and other in functions:
            found[f"{name},{other}"] = (functions[name], functions[other])
    return found
