"""Who hears how far a measurement is."""

from __future__ import annotations

from collections.abc import Callable

Told = Callable[[str, int, int], None]
"""`told(what, done, total)` before each piece of work."""


def silent(what: str, done: int, total: int) -> None:
    """Nobody."""
