"""Reading what the user wants checked: one of ours, a file, or a framework's operator."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backprove.errors import UsageError, unknown
from backprove.ops import find as find_operator
from backprove.oracle.client import require
from backprove.targets.library_of import LIBRARIES, library_of
from backprove.targets.sources import is_folder, pieces

SUFFIXES = (".py", ".ipynb")


@dataclass(frozen=True)
class Target:
    """Something that can be checked.

    kind        "operator" (one of ours), "file", "framework", or "definition": a function of a
                file that has a value and no backward, to hold others against
    text        as the user wrote it
    library     whose arrays it works on: "numpy", "paddle", "torch" or "jax"
    path        of the file, absolute; else ""
    names       the class or function, or forward and backward; none for the file's last one
    arguments   for the constructor or the function
    """

    kind: str
    text: str
    library: str
    path: str = ""
    names: tuple[str, ...] = ()
    arguments: dict[str, Any] = field(default_factory=dict)


def find(text: str, arguments: dict[str, Any] | None = None, library: str = "") -> Target:
    """What the text names. `library` overrides whose arrays it is given.

    Raises UsageError if there is no such file or operator, or if the file is no Python, and
    DependencyError if the library that it works on is not installed. A file is read, not run.
    """
    given = dict(arguments or {})
    if library and library not in LIBRARIES:
        raise unknown("library", library, LIBRARIES)
    head, _, rest = text.partition("::")
    if head.endswith(SUFFIXES):
        found = _in_file(text, head, rest, given, library)
    elif ":" in text:
        found = _in_framework(text, given)
    elif text.partition(".")[0] in LIBRARIES and "." in text:
        top, _, name = text.partition(".")
        raise UsageError(
            "expected a framework's operator as {example}, found {text!r}",
            example=f"{top}:{name}",
            text=text,
        )
    elif text and Path(text).is_dir() and not _known(text):
        raise is_folder(text)
    elif "/" in text or "." in text:
        raise UsageError(
            "expected a .py or .ipynb file, found {path}: save the operator in one", path=text
        )
    else:
        name = find_operator(text).__name__
        found = Target("operator", text, library or "numpy", names=(name,), arguments=given)
    if found.library != "numpy":
        require(found.library)
    return found


def _known(name: str) -> bool:
    """Whether one of our operators is called so."""
    try:
        find_operator(name)
    except UsageError:
        return False
    return True


def _in_file(text: str, head: str, rest: str, given: dict[str, Any], library: str) -> Target:
    names = tuple(name.strip() for name in rest.split(",")) if rest.strip() else ()
    if len(names) > 2 or not all(name.isidentifier() for name in names):
        raise UsageError(
            "expected one class or function, or forward and backward, after {path}::, "
            "found {found!r}: write it as in {example}",
            path=head,
            found=rest,
            example=f"{head}::LeakyReLU",
        )
    found = pieces(head)
    path = str(Path(head).resolve())
    return Target("file", text, library or library_of(found, names), path, names, given)


def _in_framework(text: str, given: dict[str, Any]) -> Target:
    library, _, name = text.partition(":")
    if library not in LIBRARIES:
        raise unknown("library", library, LIBRARIES)
    if not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(
            "expected a framework's operator as {example}, found {text!r}",
            example=f"{library}:nn.functional.silu",
            text=text,
        )
    return Target("framework", text, library, names=(name,), arguments=given)
