"""The English templates that the source code raises or shows, found in its syntax trees.

A template is the first argument of an error class, of `render` or of `unknown`: a string, a choice
between strings, or a name of the module (or of one it imports from) that holds strings. A function
that hands one of its own arguments on takes a template there as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter
from typing import NamedTuple

import backprove

ROOT = Path(backprove.__file__).parent
NOT_A_TEMPLATE = {
    ("errors.py", "template"),
    ("errors.py", "self.template"),
    ("findings.py", "template"),
    ("findings.py", "self.title"),
    ("findings.py", "str(value['template'])"),
    ("finding_view.py", "result.diagnosis.sentence"),
    ("report/diagnosis.py", "rerun.phrase"),
}


class Use(NamedTuple):
    """One call that takes a template: where, which templates, and the parameters it is given.

    `given` is None where they come as a dictionary. `unread` is source that holds no template
    that can be found.
    """

    place: str
    templates: tuple[str, ...]
    given: frozenset[str] | None
    unread: str


@cache
def trees() -> dict[str, ast.Module]:
    """The syntax tree of every source file, by its path below the package."""
    files = sorted(ROOT.rglob("*.py"))
    return {str(f.relative_to(ROOT)): ast.parse(f.read_text(encoding="utf-8")) for f in files}


@cache
def error_classes() -> frozenset[str]:
    """The names of BackproveError and of every class that inherits from it."""
    bases = {
        node.name: {ast.unparse(base) for base in node.bases}
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    found = {"BackproveError"}
    while more := {name for name, above in bases.items() if above & found} - found:
        found |= more
    return frozenset(found)


def called(function: ast.expr) -> str:
    """The last part of the name of what is called."""
    return ast.unparse(function).rpartition(".")[2]


@cache
def takers() -> dict[str, tuple[int, str]]:
    """What takes a template: by name, the place and the name of that argument."""
    found = dict.fromkeys((*error_classes(), "render"), (0, ""))
    found["unknown"] = (0, "kind")
    while more := {k: v for k, v in handing_on(found) if k not in found}:
        found |= more
    return found


def handing_on(known: dict[str, tuple[int, str]]) -> Iterator[tuple[str, tuple[int, str]]]:
    """The functions that hand an argument of theirs on to one of `known`."""
    for tree in trees().values():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            names = [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and called(call.func) in known:
                    node = argument(call, *known[called(call.func)])
                    if isinstance(node, ast.Name) and node.id in names:
                        bound = names[0] in ("self", "cls")
                        yield function.name, (names.index(node.id) - bound, node.id)


def argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    """An argument of a call, given by its place or its name."""
    if len(call.args) > place:
        return call.args[place]
    return next((k.value for k in call.keywords if k.arg == name), None)


@cache
def uses() -> tuple[Use, ...]:
    """Every call in the source that takes a template."""
    return tuple(_uses())


def _uses() -> Iterator[Use]:
    for path, tree in trees().items():
        inner = {
            (id(call), name)
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef) and function.name in takers()
            for call in ast.walk(function)
            for name in [a.arg for a in (*function.args.args, *function.args.kwonlyargs)]
        }
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or called(call.func) not in takers():
                continue
            node = argument(call, *takers()[called(call.func)])
            handed_on = isinstance(node, ast.Name) and (id(call), node.id) in inner
            if node is not None and not handed_on:
                yield read(path, tree, call, node)


def read(path: str, tree: ast.Module, call: ast.Call, node: ast.expr) -> Use:
    """The templates and parameters of one call."""
    templates, source = tuple(strings(tree, node)), ast.unparse(node)
    name = called(call.func)
    direct = name in error_classes() or name == "render"
    given = {keyword.arg for keyword in call.keywords}
    return Use(
        f"{path}:{call.lineno}",
        templates,
        frozenset(k for k in given if k) if direct and None not in given else None,
        "" if templates or (path, source) in NOT_A_TEMPLATE else source,
    )


def strings(tree: ast.Module, node: ast.expr) -> Iterator[str]:
    """The strings that an expression may give; none if that cannot be seen."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        for part in (node.body, node.orelse):
            yield from strings(tree, part)
    elif isinstance(node, ast.BoolOp):
        for part in node.values:
            yield from strings(tree, part)
    elif isinstance(node, ast.Name):
        yield from module_strings(tree, node.id)
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        yield from module_strings(tree, node.value.id)


def module_strings(tree: ast.Module, name: str) -> Iterator[str]:
    """The strings in a variable of a module, or of the module that it is imported from."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if name in {ast.unparse(target) for target in targets}:
                yield from held(node.value)
        if isinstance(node, ast.ImportFrom) and name in {alias.name for alias in node.names}:
            place = (node.module or "").removeprefix("backprove").strip(".").replace(".", "/")
            for path in (f"{place}.py", f"{place}/__init__.py"):
                if path in trees():
                    yield from module_strings(trees()[path], name)


def held(value: ast.expr) -> Iterator[str]:
    """A string, or the strings that are the values of a dictionary, list or tuple."""
    if isinstance(value, ast.Dict):
        parts: list[ast.expr] = value.values
    elif isinstance(value, ast.List | ast.Tuple | ast.Set):
        parts = value.elts
    else:
        parts = [value]
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


@cache
def literals() -> frozenset[str]:
    """Every string in the source code."""
    return frozenset(
        node.value
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


def fields(template: str) -> set[str]:
    """The parameters of a template."""
    names = (name for _, name, _, _ in Formatter().parse(template) if name is not None)
    return {name.partition(".")[0].partition("[")[0] for name in names}
