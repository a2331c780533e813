"""What cannot be counted of a user's network, and in which words."""

from __future__ import annotations


class Refused(Exception):
    """What cannot be counted: `stage` says where it failed, the text why."""

    def __init__(self, stage: str, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage


def words(error: BaseException) -> str:
    """An exception on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:400]}"
