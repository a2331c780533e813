"""What `backprove check` is asked to check, one name each, with the arguments that belong to it."""

from __future__ import annotations

from typing import Any

from backprove.check.find import FILE
from backprove.errors import UsageError
from backprove.ops import operators
from backprove.targets import Sandbox, find
from backprove.targets.constructor import unknown_argument

Given = dict[str, Any]
Accepts = dict[str, list[str] | None]


def selected(targets: list[str], every: bool, given: Given) -> list[tuple[str, Given]]:
    """All classes of a file that is named without one, and whatever else is named.

    Of a whole file each class gets the arguments that it takes. Raises UsageError if nothing is
    named, and for an argument that nothing takes.
    """
    if bool(targets) == every:
        raise UsageError(
            "expected something to check: a file, an operator's name, or --all (and not both)"
        )
    found: list[tuple[str, Given]] = [(name, given) for name in operators()] if every else []
    files: dict[str, Accepts] = {}
    for text in targets:
        if not FILE.search(text) or "::" in text:
            found.append((text, given))
            continue
        with Sandbox(find(text, given)) as box:
            accepts = files[text] = box.accepts
        found += [(f"{text}::{name}", _own(given, takes)) for name, takes in accepts.items()]
        found += [] if accepts else [(text, given)]
    if files and len(files) == len(targets):
        _refuse_strange(given, files)
    return found


def _own(given: Given, takes: list[str] | None) -> Given:
    return {k: v for k, v in given.items() if takes is None or k in takes}


def _refuse_strange(given: Given, files: dict[str, Accepts]) -> None:
    """Raise UsageError for an argument that no class of the files takes."""
    every = [takes for accepts in files.values() for takes in accepts.values()]
    known = list(dict.fromkeys(name for takes in every for name in takes or ()))
    for word in given:
        if every and None not in every and word not in known:
            raise unknown_argument(word, known, ", ".join(files))
