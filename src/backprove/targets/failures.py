"""What an exception of a learner's code means, as an outcome."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from backprove.errors import BackproveError, ContractError
from backprove.targets.trial import Outcome

MOST = 2000
_NUMBER = re.compile(r"returned an incorrect number of gradients|number of .*grad", re.IGNORECASE)


def outcome_of(error: BaseException, method: str, path: str, subject: Any = None) -> Outcome:
    """The outcome of a run that `error` ended, in the file `path` ("" for none)."""
    file, line = _place(error, path)
    if isinstance(error, SystemExit):
        code = error.code if isinstance(error.code, int) else int(error.code is not None)
        return Outcome("exited", method=method, code=code, file=file, line=line)
    kind = _kind(error, line)
    if line is None and kind != "raised":
        file, line = definition(subject, method, path)
    return Outcome(kind, method=method, error=words(error), file=file, line=line)


def words(error: BaseException) -> str:
    """The exception as Python shows it, shortened."""
    try:
        text = str(error)
    except Exception:
        text = "?"
    if isinstance(error, BackproveError):
        return text[:MOST]
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:MOST]


def _kind(error: BaseException, line: int | None) -> str:
    if isinstance(error, ContractError):
        if "returned nothing" in error.template or error.parameters.get("found") == "nothing":
            return "no result"
        return "malformed" if ".backward returned" in error.template else "wrong arity"
    text = str(error.args[0]) if error.args else ""
    if isinstance(error, BackproveError):
        return "wrong arity" if " inputs (" in error.template else "raised"
    if line is None and isinstance(error, TypeError) and "argument" in text:
        return "wrong arity"
    return "malformed" if line is None and _NUMBER.search(text) else "raised"


def _place(error: BaseException, path: str) -> tuple[str, int | None]:
    """The last step of the traceback that lies in the learner's own file."""
    for part in _chain(error):
        if isinstance(part, SyntaxError) and part.filename and mine(part.filename, path):
            return part.filename, part.lineno
        steps = traceback.extract_tb(part.__traceback__)
        for step in reversed(steps):
            if mine(step.filename, path):
                return step.filename, step.lineno
    return "", None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    part: BaseException | None = error
    while part is not None and id(part) not in seen:
        seen.add(id(part))
        yield part
        part = part.__cause__ or part.__context__


def mine(filename: str, path: str) -> bool:
    """Whether code of that name belongs to the learner's file (or a cell of it)."""
    return bool(path) and (filename == path or filename.startswith(f"{path}["))


def definition(subject: Any, method: str, path: str) -> tuple[str, int | None]:
    """Where the method is written, for an error that is in how it was called."""
    found: Callable[..., Any] | None = getattr(subject, method, None) or subject
    code = getattr(getattr(found, "__func__", found), "__code__", None)
    if code is None or not mine(code.co_filename, path):
        return "", None
    return code.co_filename, code.co_firstlineno
