"""A line on a terminal's standard error that says what is being done."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.cells import set_cell_size

CLEAR = "\r\x1b[K"


@contextmanager
def status_line() -> Iterator[Callable[[str, int, int], None]]:
    """A function that shows "what (3/12)"; the line is taken away at the end, also by Ctrl-C."""
    try:
        yield show
    finally:
        if sys.stderr.isatty():
            print(CLEAR, end="", file=sys.stderr, flush=True)


def show(what: str, done: int, total: int) -> None:
    """Over the line before, and no wider than the terminal; nothing in a file."""
    if not sys.stderr.isatty():
        return
    width = shutil.get_terminal_size().columns - 1
    line = set_cell_size(f"{what} ({done + 1}/{total})", width).rstrip()
    print(f"{CLEAR}{line}", end="", file=sys.stderr, flush=True)
