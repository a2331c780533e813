"""Writing files so that they are whole or not there: temporary file, flush, rename."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from backprove.errors import UsageError


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` when the block ends without an error.

    The bytes are flushed to the disk before the rename, and the rename after it, so a process
    that is killed at any moment leaves either the old file or the new one. A device or a pipe is
    written to and stays what it is. Raises UsageError if the disk is full or the folder cannot be
    written to; the old file stays.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        with _into(path) as stream:
            yield stream
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _into(path: Path) -> Iterator[BinaryIO]:
    """Write to something that is there and is no file."""
    try:
        with path.open("wb") as stream:
            yield stream
    except OSError as error:
        raise cannot_write(path, error) from error


def write_text(path: Path, text: str) -> None:
    """Replace a text file, in UTF-8."""
    with replacing(path) as stream:
        stream.write(text.encode("utf-8"))


def relative(file: str) -> str:
    """The path as seen from the working folder, where the file lies in it."""
    path, here = Path(file), Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else file


def cannot_write(path: Path, error: OSError) -> UsageError:
    """The error for a file that could not be written."""
    if error.errno == errno.ENOSPC:
        return UsageError(
            "cannot write {path}: the disk is full; what was there before is unchanged. "
            "Free some space or choose another folder",
            path=str(path),
        )
    return UsageError(
        "cannot write {path}: {reason}; choose a folder that can be written to",
        path=str(path),
        reason=error.strerror or str(error),
    )


def _flush_folder(folder: Path) -> None:
    """Flush the folder's entry itself, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
