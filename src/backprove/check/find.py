"""What a target means: one of our operators, an object, a file, or a framework's operator."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from backprove.check.definitions import definition
from backprove.check.references import LIBRARIES
from backprove.check.subject import Filed, Framework, Local
from backprove.errors import UsageError, unknown
from backprove.ops import find
from backprove.oracle.client import reference, require

ROOTS = {"paddle": "paddle", "torch": "torch", "jax": "jax"}


def subject_of(target: Any, given: dict[str, Any]) -> Any:
    """The subject for whatever `check` was given. Raises UsageError if it is nothing."""
    if not isinstance(target, str):
        return Local(target, given)
    if ".py" in target:
        return Filed(target, library_of(target), given)
    library, colon, name = target.partition(":")
    if colon:
        return framework(library, name)
    cls = find(target)
    return Local(cls, given, None if given else dict(cls.CASES[0].arguments))


def library_of(place: str) -> str:
    """The array library that a file imports: paddle, torch, jax or else numpy."""
    path = Path(place.partition("::")[0])
    if not path.is_file():
        raise UsageError("there is no file {path}: check the path", path=str(path))
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError, ValueError) as error:
        raise UsageError(
            "{path} is not Python: {reason}", path=str(path), reason=str(error)
        ) from error
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in _modules(node)
    }
    found = next((name for name in LIBRARIES if name in imported), "numpy")
    require(found)
    return found


def _modules(node: ast.Import | ast.ImportFrom) -> list[str]:
    return [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]


def framework(library: str, name: str) -> Framework:
    """A framework's operator by its dotted name below the framework."""
    if library not in LIBRARIES:
        raise unknown("reference", library, LIBRARIES)
    last = name.rpartition(".")[2]
    cls = definition([last])
    if cls is None:
        raise UsageError(
            "no definition is known for {name}: say which operator it is with --against, "
            "such as --against paddle:nn.functional.leaky_relu",
            name=f"{library}:{name}",
        )
    known = cls.references.get(library, "")
    if f"{last}(" in known:
        expression = known
    else:
        expression = f"{ROOTS[library]}.{name}({', '.join(cls.signature.inputs)})"
    require(library)
    return Framework(library, name, expression, cls, reference(library))
