"""Which data a name stands for: a file or folder that was changed is other data."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

Stamp = tuple[Any, ...]


def stamp(name: str) -> Stamp:
    """Names, sizes and times of the file or folder; () for data that have none.

    Data that come with backprove, and recipes, have no file: their name says it all.
    """
    path = Path(name)
    if path.is_file():
        files = [path]
    elif path.is_dir():
        files = sorted(path.iterdir())
    else:
        return ()
    stats = [(file.name, file.stat()) for file in files]
    return tuple((called, found.st_size, found.st_mtime_ns) for called, found in stats)


def content(name: str) -> str:
    """The SHA-256 of a file of data; of the names, sizes and times of a folder's files; or ""."""
    found = stamp(name)
    return _content(name, found) if found else ""


@lru_cache(maxsize=64)
def _content(name: str, found: Stamp) -> str:
    path = Path(name)
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(repr(found).encode()).hexdigest()
