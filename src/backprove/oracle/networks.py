"""A user's network: found in a file, and its count put together. Runs in a framework's process."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import Any

from backprove.counts import Count
from backprove.course import stand_in
from backprove.oracle import functional
from backprove.oracle.formulas import Amount
from backprove.oracle.refused import Refused, words

KINDS = [f.name for f in fields(Count)]
MODULE = "learners_network"


class Ledger:
    """Amounts added up by module path, pass and operation."""

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str, str], dict[str, Any]] = {}

    def record(self, path: str, name: str, amounts: dict[str, Amount | None], moved: int) -> None:
        """Add one executed operation; None for an amount that no formula tells."""
        for i, (passed, amount) in enumerate(amounts.items()):
            entry = self.entries.setdefault(
                (path, passed, name),
                {"path": path, "pass": passed, "name": name, "calls": 0, "moved": 0}
                | {"known": True, "formula": [], "headline": 0, "activation": False}
                | dict.fromkeys(KINDS, 0),
            )
            entry["calls"] += 1
            entry["moved"] += 0 if i else moved
            if amount is None:
                entry["known"] = False
                continue
            entry["headline"] += amount.headline
            entry["activation"] |= amount.activation
            entry["formula"].append(amount.formula)
            for kind in KINDS:
                entry[kind] += getattr(amount.strict, kind)

    def operations(self) -> list[dict[str, Any]]:
        """All entries; equal formulas are said once."""
        return [
            {**e, "formula": "; ".join(dict.fromkeys(t for t in e["formula"] if t))}
            for e in self.entries.values()
        ]


def answer(count: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What `count` returns, or where and why it failed."""
    try:
        return count()
    except Refused as error:
        return {"failed": error.stage, "reason": str(error)}


def load(place: str, kind: type, arguments: dict[str, str] | None = None) -> Any:
    """The network of "FILE.py::NAME": a module, or a class or function that makes one.

    A function that lacks arguments is the network itself: they are its inputs. `arguments` are
    those of the class or function, each as the text of a Python literal.

    Without a name it is the last class of the file that is a network.
    """
    name, _, wanted = place.partition("::")
    scope = _run(Path(name).resolve())
    if not wanted:
        classes = [k for k, v in scope.items() if isinstance(v, type) and issubclass(v, kind)]
        own = [k for k in classes if scope[k].__module__ == MODULE]
        nets = own or [k for k, v in scope.items() if isinstance(v, kind)]
        if not nets:
            raise Refused("missing", "")
        wanted = nets[-1]
    if wanted not in scope:
        raise Refused("missing", ", ".join(_networks(scope, kind)))
    found = scope[wanted]
    if isinstance(found, kind):
        return found
    given = {k: literal(v) for k, v in (arguments or {}).items()}
    if functional.is_functional(found, given):
        return functional.as_network(found, kind, given)
    return _built(found, wanted, kind, given)


def _run(path: Path) -> dict[str, Any]:
    module = ModuleType(MODULE)
    module.__file__ = str(path)
    sys.modules[MODULE] = module
    with stand_in(path.parent):
        try:
            exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), vars(module))
        except (Exception, SystemExit) as error:
            raise Refused("load", words(error)) from error
    return vars(module)


def _networks(scope: dict[str, Any], kind: type) -> list[str]:
    """What may be named: networks, their classes, and functions, which make one or are one."""
    own = {k: v for k, v in scope.items() if not k.startswith("_")}
    return [
        k
        for k, v in own.items()
        if isinstance(v, kind)
        or (isinstance(v, type) and issubclass(v, kind) and v.__module__ == MODULE)
        or (isfunction(v) and v.__module__ == MODULE)
    ]


def literal(text: str) -> Any:
    """A Python literal from its text; infinite numbers and NaN too."""
    bare = text.lower().lstrip("+-")
    return float(text) if bare in ("inf", "nan") else ast.literal_eval(text)


def _built(make: Any, name: str, kind: type, arguments: dict[str, Any]) -> Any:
    try:
        found = make(**arguments)
    except (Exception, SystemExit) as error:
        raise Refused("build", words(error)) from error
    if not isinstance(found, kind):
        raise Refused("build", f"{name}() is {type(found).__name__}, not {kind.__name__}")
    return found


def tensors(value: Any, kind: Any) -> list[Any]:
    """The tensors of a network's output, however deep in lists, dictionaries and dataclasses."""
    if isinstance(value, kind):
        return [value]
    if isinstance(value, dict):
        return [t for v in value.values() for t in tensors(v, kind)]
    if isinstance(value, list | tuple | set | frozenset):
        return [t for v in value for t in tensors(v, kind)]
    if is_dataclass(value) and not isinstance(value, type):
        return [t for f in fields(value) for t in tensors(getattr(value, f.name), kind)]
    return []
