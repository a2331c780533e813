"""Every small way to break an operator: its source with one place of forward or backward changed.

An operator becomes another, a comparison turns, a constant is doubled or raised by one, a term or a
sign goes, the branches of a selection change places. Each is compiled in memory.
"""

from __future__ import annotations

import ast
import copy
import inspect
import linecache
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from backprove.op import Op
from backprove.ops import operators
from benchmarks.check.mutant import changed

METHODS = ("forward", "backward")
TURNS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
FLIPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Gt: ast.Lt,
    ast.Lt: ast.Gt,
    ast.GtE: ast.LtE,
    ast.LtE: ast.GtE,
}


@dataclass(frozen=True)
class SourceMutant:
    """One changed place: `before` became `after` in a method; `number` tells equal ones apart."""

    operator: str
    method: str
    before: str
    after: str
    number: int
    code: str

    @property
    def id(self) -> str:
        """A name that does not move when other lines do."""
        place = f"{self.operator}.{self.method}"
        return f"{place}: {self.before} -> {self.after} ({self.number})"

    def build(self) -> type[Op]:
        """A class like the operator with the changed method, its source where tracebacks look."""
        file = f"<{self.id}>"
        original = sys.modules[operators()[self.operator].__module__]
        module = types.ModuleType(original.__name__)
        module.__file__ = file
        linecache.cache[file] = (len(self.code), None, self.code.splitlines(True), file)
        exec(compile(self.code, file, "exec"), vars(module))
        method = vars(vars(module)[self.operator])[self.method]
        return changed(operators()[self.operator], **{self.method: getattr(method, "pure", method)})


def source_mutants(name: str) -> list[SourceMutant]:
    """All mutants of one operator."""
    tree = ast.parse(_source(operators()[name]))
    seen: dict[tuple[str, str, str], int] = {}
    found = []
    for method, path in _places(tree, name):
        before = _at(tree, path)
        for after in _changes(before):
            key = (method, ast.unparse(before), ast.unparse(after))
            seen[key] = seen.get(key, 0) + 1
            found.append(SourceMutant(name, *key, seen[key], _with(tree, path, after)))
    return found


@cache
def _source(cls: type[Op]) -> str:
    return Path(inspect.getfile(cls)).read_text(encoding="utf-8")


def _places(tree: ast.Module, name: str) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """The path to every expression of the two methods, annotations left out."""
    for i, cls in enumerate(tree.body):
        if isinstance(cls, ast.ClassDef) and cls.name == name:
            for j, method in enumerate(cls.body):
                if isinstance(method, ast.FunctionDef) and method.name in METHODS:
                    for k, line in enumerate(method.body):
                        start = (("body", i), ("body", j), ("body", k))
                        yield from ((method.name, start + p) for p in _walk(line))


def _walk(node: ast.AST) -> Iterator[tuple[Any, ...]]:
    if isinstance(node, ast.expr):
        yield ()
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "exc"):
            continue
        for index, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST):
                step = (field, index if isinstance(value, list) else None)
                yield from ((step, *path) for path in _walk(child))


def _at(node: Any, path: tuple[Any, ...]) -> Any:
    for field, index in path:
        node = getattr(node, field) if index is None else getattr(node, field)[index]
    return node


def _with(tree: ast.Module, path: tuple[Any, ...], new: ast.expr) -> str:
    twin = copy.deepcopy(tree)
    parent, (field, index) = _at(twin, path[:-1]), path[-1]
    if index is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[index] = new
    return ast.unparse(ast.fix_missing_locations(twin))


def _changes(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and type(node.op) in TURNS:
        yield ast.BinOp(node.left, TURNS[type(node.op)](), node.right)  # type: ignore[arg-type]
        yield node.left
        if isinstance(node.op, ast.Add | ast.Mult):
            yield node.right
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for table in (TURNS, FLIPS):
            if type(node.ops[0]) in table:
                turned: Any = table[type(node.ops[0])]()
                yield ast.Compare(node.left, [turned], node.comparators)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        for value in {2 * node.value, node.value + 1} - {node.value}:
            yield ast.Constant(value)
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "where":
        condition, *branches = node.args
        yield ast.Call(node.func, [condition, *reversed(branches)], node.keywords)
