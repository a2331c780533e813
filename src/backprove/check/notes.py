"""What a user must know to judge a verdict: what was guessed, and what was not looked at."""

from __future__ import annotations

from typing import Any

from backprove.check.trial import Trial
from backprove.check.undecided import uncompared
from backprove.findings import Check
from backprove.messages import render


def arguments(subject: Any) -> list[Check]:
    """The constructor arguments that were guessed from their names, and how to give others."""
    guesses = getattr(subject, "guesses", {})
    if not guesses:
        return []
    text = render(
        "guessed {guesses}: give others with {example}",
        guesses=", ".join(f"{k}={v!r}" for k, v in guesses.items()),
        example=" ".join(f"--with {k}=..." for k in guesses),
    )
    return [Check("arguments", "ok", text)]


def value(found: list[Check], runs: list[tuple[Trial, dict[str, Any]]]) -> list[Check]:
    """The checks; that of a value which nothing was compared with is open, not fine.

    A wrong forward with the backward that belongs to it would pass otherwise.
    """
    if not uncompared(runs):
        return found
    text = render(
        "forward was compared with nothing: say what it should compute, as --against {example}",
        example="torch:nn.functional.silu",
    )
    return [
        Check(c.name, "undecided", text) if c.name == "value" and c.verdict == "ok" else c
        for c in found
    ]
