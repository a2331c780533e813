"""Results as JSON: one object for one result, a list for several."""

from __future__ import annotations

from backprove.findings import Result


def json_text(*results: Result) -> str:
    """Each result on a line of its own; `Result.from_json` reads it back."""
    lines = [result.to_json() for result in results]
    return lines[0] if len(lines) == 1 else "[" + ",\n".join(lines) + "]"
