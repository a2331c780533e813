"""What the doctor says of an examination, and what an edit changes, as templates."""

from __future__ import annotations

from typing import Any

from backprove.doctor.edits import PHRASES, Edit
from backprove.findings import without_gaps

SENTENCES: dict[str, str] = {
    "causes": "it does not train. The cause: {cause}. What repairs it: {repair} ({worked} of "
    "{seeds} seeds).",
    "series": "it does not train, for several reasons that act together: {causes}. Only with all "
    "of this it trains: {repair} ({worked} of {seeds} seeds).",
    "partly": "it does not train. A cause: {cause}. What helps, if not enough within this budget: "
    "{help}.",
    "healthy": "it trains: {metric} {value:.3g}, where a constant answer gives {floor:.3g}.",
    "no signal": "there is no sign that the inputs say anything about the targets: whatever was "
    "changed, rows that were not trained on are predicted no better than by a constant.",
    "too few steps": "it needs more steps: {factor} times as many bring the {metric} from "
    "{before:.3g} to {after:.3g}, with nothing else changed.",
    "undecided": "it does not train, and no single change that was tried repairs it.",
    "cut short": "not decided: the time was over before enough was run again.",
    "stopped": "not decided: the training stopped with an error: {error}",
    "spared": "what it reaches is all that any re-run reached: {metric} {value:.3g}, where a "
    "constant answer gives {floor:.3g}.",
}
"""How each conclusion is said, an English template."""

REFERENCE = "all that usually helps: {count} changes at once"


def phrase(edit: Edit) -> dict[str, Any]:
    """What an edit changes, as a template with parameters."""
    if edit.parts:
        return {"template": "{parts}", "parameters": {"parts": [phrase(p) for p in edit.parts]}}
    return {"template": PHRASES[edit.kind], "parameters": without_gaps(edit.params)}
