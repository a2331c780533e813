"""The operators, one a file. `OPERATORS` finds them all by the name of their class.

    from backprove.ops import LeakyReLU, operator
    op = operator("leaky_relu", negative_slope=0.1)

Any file added to one of the folders is found: a new operator is one file and nothing else.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import Any

from backprove.errors import UsageError, unknown
from backprove.op import Op


@cache
def operators() -> dict[str, type[Op]]:
    """All operator classes by name, in the order of their folders and files."""
    found: dict[str, type[Op]] = {}
    for module in pkgutil.walk_packages(__path__, __name__ + "."):
        if module.ispkg or module.name.rpartition(".")[2].startswith("_"):
            continue
        for name, cls in vars(importlib.import_module(module.name)).items():
            if isinstance(cls, type) and issubclass(cls, Op) and cls.__module__ == module.name:
                found[name] = cls
    return found


def find(name: str, kind: str | None = None) -> type[Op]:
    """The class of a name in any spelling: "LeakyReLU", "leaky_relu", "leaky-relu".

    Other names that the literature has for it, the class's `aliases`, are found as well. With a
    `kind`, the name of one of the folders, only that folder's operators are. Raises UsageError
    for an unknown name.
    """
    home = f"{__name__}.{kind}." if kind else ""
    among = {k: cls for k, cls in operators().items() if cls.__module__.startswith(home)}
    table = {_plain(key): cls for cls in among.values() for key in _names(cls)}
    if _plain(name) not in table:
        raise unknown(kind or "operator", name, among)
    return table[_plain(name)]


def operator(name: str, kind: str | None = None, **arguments: Any) -> Op:
    """An operator by name and constructor arguments. Raises UsageError for unknown ones."""
    cls = find(name, kind)
    try:
        return cls(**arguments)
    except TypeError as error:
        raise UsageError(
            "{name} cannot be built: {error}", name=cls.__name__, error=str(error)
        ) from error


def _names(cls: type[Op]) -> tuple[str, ...]:
    return (cls.__name__, *cls.aliases)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def __getattr__(name: str) -> Any:
    if name.startswith("_") or name not in operators():
        raise AttributeError(f"backprove.ops has no operator {name!r}")
    return operators()[name]


def __dir__() -> list[str]:
    return sorted([*globals(), *operators()])
