"""The code cells of a Jupyter notebook as Python, without magics and shell lines."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from backprove.errors import UsageError

HARMLESS = ("%%time", "%%timeit", "%%capture", "%%prun", "%%python", "%%python3")
"""Cell magics below which the cell is still Python of this process."""

_MAGIC = re.compile(r"^(\s*)(?:[%!?]|[\w.\s,]+=\s*[%!](?!=)|[\w.]+\s*\?{1,2}\s*$)")


def code_cells(path: str) -> list[str]:
    """The source of every code cell, in order; a magic line is blank but for its indentation.

    Raises UsageError if the file is no notebook.
    """
    try:
        notebook = json.loads(Path(path).read_text(encoding="utf-8-sig"))
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
        return [plain(_source(cell)) for cell in cells if cell.get("cell_type") == "code"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            "expected a Jupyter notebook, found something else in {path} ({reason}): save it again "
            "as .ipynb, or give a .py file",
            path=path,
            reason=f"{type(error).__name__}: {error}",
        ) from error


def _source(cell: dict[str, Any]) -> str:
    found = cell.get("source", cell.get("input", ""))
    return found if isinstance(found, str) else "".join(found)


def plain(source: str) -> str:
    """The cell without its magics, with the same line numbers."""
    first = source.lstrip().split("\n", 1)[0].strip()
    if first.startswith("%%"):
        if first.split()[0] not in HARMLESS:
            return ""
        source = source.replace(first, "", 1)
    if _parses(source):
        return source
    lines = source.split("\n")
    for number, line in enumerate(lines):
        if found := _MAGIC.match(line):
            lines[number] = f"{found.group(1)}pass"
            for rest in _continued(lines, number, line):
                lines[rest] = ""
    return "\n".join(lines)


def _continued(lines: list[str], number: int, line: str) -> list[int]:
    """The numbers of the lines that a magic goes on in, behind a backslash."""
    found = []
    while line.rstrip().endswith("\\") and number + 1 < len(lines):
        number += 1
        line = lines[number]
        found.append(number)
    return found


def _parses(source: str) -> bool:
    try:
        ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    return True
