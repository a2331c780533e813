"""Many questions in one message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def answers(evaluate: Callable[..., Any], requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answer to each question, or the words with which the library refused it."""
    found = []
    for request in requests:
        try:
            found.append(evaluate(**request))
        except Exception as error:
            found.append({"error": f"{type(error).__name__}: {error}"})
    return found
