"""Answers that were found, a line of JSON each, so that a benchmark that was stopped goes on.

They count only for the sources and the budget that they were found with.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec

import backprove
from backprove.cli.versions import versions

HERE = Path(__file__).parent
UNUSED = ("check", "cli", "cost", "oracle", "report", "targets")
"""Packages that no diagnosis runs through."""


class Kept:
    """The lines of a file; those of other sources, versions or budgets are left out and go."""

    def __init__(self, path: Path, budget: str, kind: Any) -> None:
        self.path, self.kind = path, kind
        self.origin = {"versions": versions().split("\n"), "budget": budget, "sources": sources()}
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        fits = bool(lines) and json.loads(lines[0]) == self.origin
        self.found = {row["program"]: row["answers"] for row in map(json.loads, lines[1:]) if fits}
        if not fits:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(self.origin) + "\n", encoding="utf-8")

    def get(self, program: str) -> dict[str, Any] | None:
        """The answers of each tool, or None."""
        found = self.found.get(program)
        return found and {tool: msgspec.convert(told, self.kind) for tool, told in found.items()}

    def add(self, program: str, answers: dict[str, Any]) -> None:
        """Add a line at once."""
        line = {"program": program, "answers": msgspec.to_builtins(answers)}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def sources() -> str:
    """A text that is the same only for the same doctor, operators, training and programs."""
    root, total = Path(backprove.__file__).parent, hashlib.sha256()
    files = [f for f in root.rglob("*.py") if f.relative_to(root).parts[0] not in UNUSED]
    for file in sorted([*files, *HERE.rglob("*.py"), *HERE.rglob("*.toml")]):
        total.update(file.read_bytes())
    return total.hexdigest()[:16]
