"""Many questions in one message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def answers(
    evaluate: Callable[..., Any], requests: list[dict[str, Any]], times: int = 1
) -> list[dict[str, Any]]:
    """The answer to each question, or the words with which the library refused it.

    Each is asked several `times`, the last answer counts: what corrupts memory shows sooner.
    """
    found = []
    for request in requests:
        try:
            for _ in range(times - 1):
                evaluate(**request)
            found.append(evaluate(**request))
        except Exception as error:
            found.append({"error": f"{type(error).__name__}: {error}"})
    return found
