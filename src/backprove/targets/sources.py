"""A learner's file as pieces of Python to run: the whole of a .py, what matters of an .ipynb."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from backprove.errors import UsageError
from backprove.targets.notebook import code_cells

METHODS = ("forward", "backward")


@dataclass(frozen=True)
class Piece:
    """Statements that were read from one place: a file, or a cell "FILE.ipynb[3]" of a notebook.

    Code cells are numbered from 1, as "Run all" numbers them.
    """

    name: str
    text: str
    tree: ast.Module


def pieces(path: str) -> list[Piece]:
    """What to run of the file. Raises UsageError if it is not there or is no Python.

    A file runs whole. Of a notebook only what an operator needs runs: imports, classes and
    functions with forward or backward, and the definitions that they use. Training loops and
    pictures do not.
    """
    if Path(path).is_dir():
        raise is_folder(path)
    if not Path(path).is_file():
        raise UsageError("there is no file {path}: check the path", path=path)
    if not path.endswith(".ipynb"):
        return [_parsed(path, Path(path).read_bytes())]
    cells = enumerate(code_cells(path), start=1)
    found = [_parsed(f"{path}[{number}]", text.encode()) for number, text in cells]
    chosen = _needed([statement for piece in found for statement in piece.tree.body])
    for piece in found:
        piece.tree.body = [s for s in piece.tree.body if id(s) in chosen]
    return found


def is_folder(path: str) -> UsageError:
    """The error for a folder in the place of a file."""
    return UsageError("expected a file, found the folder {path}: name a file in it", path=path)


def _parsed(name: str, text: bytes) -> Piece:
    try:
        tree = ast.parse(text, filename=name)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None)
        raise UsageError(
            "{place} is not Python: {reason}",
            place=f"{name}:{line}" if line else name,
            reason=getattr(error, "msg", None) or str(error) or type(error).__name__,
        ) from error
    return Piece(name, text.decode("utf-8", "replace"), tree)


def _needed(statements: list[ast.stmt]) -> set[int]:
    """The statements to run: operators and, again and again, what they mention."""
    chosen = {id(s) for s in statements if isinstance(s, ast.Import | ast.ImportFrom)}
    chosen |= {id(s) for s in statements if _is_operator(s)}
    while True:
        names = {n for s in statements if id(s) in chosen for n in mentioned(s)}
        made = {n for s in statements if id(s) in chosen for n in bound(s)}
        more = {id(s) for s in statements if _makes(s, names | made)} - chosen
        if not more:
            return chosen
        chosen |= more


def _makes(statement: ast.stmt, names: set[str]) -> bool:
    """Whether a statement defines one of the names, or ties rules to it (`f.defvjp(...)`)."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        rules = isinstance(function, ast.Attribute) and function.attr in ("defvjp", "defjvp")
        return rules and bool(mentioned(function) & names)
    return bool(bound(statement) & names)


def _is_operator(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.ClassDef):
        body = [s.name for s in statement.body if isinstance(s, ast.FunctionDef)]
        return any(name in body for name in METHODS)
    if isinstance(statement, ast.FunctionDef):
        decorated = any("custom_vjp" in ast.unparse(d) for d in statement.decorator_list)
        return decorated or statement.name.endswith(METHODS)
    return False


def bound(statement: ast.stmt) -> set[str]:
    """The names that a definition or an assignment gives a value to, or a part of a value."""
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {statement.name}
    if isinstance(statement, ast.Assign):
        return {n for target in statement.targets for n in _roots(target)}
    if isinstance(statement, ast.AnnAssign | ast.AugAssign):
        return set(_roots(statement.target))
    if isinstance(statement, ast.If | ast.Try | ast.With):
        return {n for inner in _inner(statement) for n in bound(inner)}
    return set()


def _inner(statement: ast.If | ast.Try | ast.With) -> Iterator[ast.stmt]:
    yield from statement.body
    yield from getattr(statement, "orelse", [])
    for handler in getattr(statement, "handlers", []):
        yield from handler.body


def _roots(target: ast.expr) -> Iterator[str]:
    """x of x, x.y, x[0] and (x, y)."""
    if isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _roots(part)
        return
    while isinstance(target, ast.Attribute | ast.Subscript | ast.Starred):
        target = target.value
    if isinstance(target, ast.Name):
        yield target.id


def mentioned(node: ast.AST) -> set[str]:
    """All names that a piece of code reads."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def definitions(found: Iterable[Piece]) -> dict[str, ast.stmt]:
    """The classes and functions of the outer level, by name."""
    return {
        s.name: s
        for piece in found
        for s in piece.tree.body
        if isinstance(s, ast.ClassDef | ast.FunctionDef)
    }
