"""Unpacked arrays kept between runs, as .npy files in the user's cache folder.

The folder is BACKPROVE_CACHE, else the platform's cache folder. A file appears under its name
only when it is complete: it is written beside it, flushed to the disk and renamed, so processes
that start together do not disturb each other and a run that is killed leaves nothing half
written. Where the folder cannot be read or written, everything works from memory.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

_STALE_SECONDS = 600


def folder() -> Path | None:
    """Where arrays are kept; None if the machine offers no such place."""
    chosen = os.environ.get("BACKPROVE_CACHE")
    if chosen:
        return Path(chosen).expanduser()
    path = platformdirs.user_cache_path("backprove", appauthor=False)
    return path if path.is_absolute() else None


def cached(
    name: str, shape: tuple[int, ...], build: Callable[[], Any], intact: Callable[[Any], bool]
) -> Any:
    """The uint8 array kept as `name`, or else the one that `build` makes, which is then kept.

    A kept file counts only if its header and length are right and `intact` says so of its array.
    """
    place = folder()
    if place is None:
        return build()
    path = place / name
    with suppress(OSError):
        found = _read(path, shape)
        if found is not None and intact(found):
            return found
    array = build()
    with suppress(OSError):
        _write(path, array)
    return array


def _header(shape: tuple[int, ...]) -> bytes:
    written = BytesIO()
    about: dict[str, Any] = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(written, about)
    return written.getvalue()


def _read(path: Path, shape: tuple[int, ...]) -> Any:
    header, array = _header(shape), np.empty(shape, dtype=np.uint8)
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size != len(header) + array.nbytes:
            return None
        if file.read(len(header)) != header or file.readinto(array.data) != array.nbytes:
            return None
    return array


def _write(path: Path, array: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_stale(path)
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(_header(array.shape))
            file.write(np.ascontiguousarray(array).data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


def _remove_stale(path: Path) -> None:
    """Remove what a killed process left half written a while ago."""
    for left in path.parent.glob(f"{path.name}.*.tmp"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_SECONDS:
                left.unlink()
