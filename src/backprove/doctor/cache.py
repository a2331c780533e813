"""Re-runs that were done before, kept by their content.

A key is the SHA-256 of everything that decides what comes out: the program with its data and
edits (`Subject.fingerprint`), seed, steps, what is watched, and the versions of backprove and
NumPy. A second call with the same question is answered from the files.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from backprove._version import __version__
from backprove.data._cache import folder as cache_folder
from backprove.doctor.jobs import Outcome
from backprove.doctor.trace import Trace
from backprove.errors import UsageError
from backprove.files import write_text
from backprove.findings import with_gaps, without_gaps

LAYOUT = repr(msgspec.json.schema_components([Outcome, Trace]))
"""How outcomes and traces are written: another layout, another key."""


def key(*parts: Any) -> str:
    """The name under which something made of these parts is kept."""
    text = json.dumps([__version__, np.__version__, LAYOUT, *parts], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Cache:
    """A folder of JSON files, one a key. A file that cannot be read or written is passed over.

    `folder` is by default `doctor` in backprove's cache folder; None keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def get(self, name: str) -> Outcome | None:
        """The outcome under a key, or None."""
        found = self.get_plain(name)
        with suppress(msgspec.ValidationError):
            outcome = msgspec.convert(found, Outcome)
            if outcome.trace is not None:
                Trace.from_json(outcome.trace)
            return outcome
        return None

    def put(self, name: str, outcome: Outcome) -> None:
        """Keep a outcome. One that an error or a time limit ended is not kept."""
        if not outcome.error:
            self.put_plain(name, msgspec.to_builtins(outcome))

    def get_plain(self, name: str) -> Any:
        """What `put_plain` kept under a key, or None."""
        if self.folder is None:
            return None
        with suppress(OSError, ValueError, msgspec.DecodeError):
            return with_gaps(msgspec.json.decode(self._path(name).read_bytes()))
        return None

    def put_plain(self, name: str, value: Any) -> None:
        """Keep plain data, written whole or not at all."""
        if self.folder is not None:
            with suppress(UsageError, OSError):
                text = msgspec.json.encode(without_gaps(value)).decode()
                write_text(self._path(name), text)

    def _path(self, name: str) -> Path:
        assert self.folder is not None
        return self.folder / name[:2] / f"{name[2:]}.json"


def default_cache() -> Cache:
    """The cache in the user's cache folder."""
    place = cache_folder()
    return Cache(None if place is None else place / "doctor")
