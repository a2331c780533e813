"""Which array library a learner's class works on, read from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from backprove.targets.sources import Piece, definitions, mentioned

LIBRARIES = ("paddle", "torch", "jax", "numpy")
_FRAMEWORKS = LIBRARIES[:3]


def library_of(pieces: list[Piece], names: Iterable[str] = ()) -> str:
    """The library that the named definitions use; all classes and functions without a name.

    A file may import Paddle to compare with and write the operator in NumPy: the class decides.
    A class that names no library (plain arithmetic) works on the framework that the file imports.
    """
    aliases, used = _used(pieces, names)
    in_file = {lib for lib in aliases.values() if lib in _FRAMEWORKS}
    for chosen in (used & set(_FRAMEWORKS), used & {"numpy"}, in_file):
        if chosen:
            return next(lib for lib in LIBRARIES if lib in chosen)
    return "numpy"


def names_none(pieces: list[Piece], names: Iterable[str] = ()) -> bool:
    """Whether the definitions mention no array library: they may work on the arrays of any."""
    return not _used(pieces, names)[1]


def _used(pieces: list[Piece], names: Iterable[str]) -> tuple[dict[str, str], set[str]]:
    """What imports bind to libraries, and the libraries that the named definitions mention."""
    aliases = {k: v for piece in pieces for k, v in imported(piece.tree).items()}
    known = definitions(pieces)
    wanted = [n for n in names if n in known] or list(known)
    return aliases, {aliases[n] for n in _closure(known, wanted) if n in aliases}


def _closure(known: dict[str, ast.stmt], names: list[str]) -> set[str]:
    """All names that the definitions mention, and those that are defined beside them."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        more = mentioned(known[todo.pop()]) - found
        found |= more
        todo += [n for n in more if n in known]
    return found


def imported(tree: ast.AST) -> dict[str, str]:
    """The names that imports bind to a library or to something inside one."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                found[alias.asname or top] = top
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            top = node.module.partition(".")[0]
            found |= {alias.asname or alias.name: top for alias in node.names}
    return {name: top for name, top in found.items() if top in LIBRARIES}
