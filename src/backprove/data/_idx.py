"""Files in the IDX format of MNIST, plain or packed with gzip or xz.

Four bytes (0, 0, type, number of axes), each axis as a big-endian uint32, then the values:
http://yann.lecun.com/exdb/mnist. Every way in which such a file can be damaged ends in one
DataError. How a file is packed is told from its first bytes, since downloads are often unpacked
without being renamed.
"""

from __future__ import annotations

import gzip
import lzma
import struct
import zlib
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np

from backprove.errors import DataError

TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CHUNK = 1 << 20


def read_idx(path: Path, axes: int) -> Any:
    """The array in an IDX file of `axes` axes (3 for grey images, 1 for labels).

    Raises DataError if the file is missing, unreadable, damaged, cut short, too long or empty.
    """
    try:
        with _opened(path) as file:
            return parse(file, path.name, axes)
    except FileNotFoundError as error:
        raise DataError(
            "expected the file {path}, found nothing there: check the path", path=path
        ) from error
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise DataError(
            "expected a complete packed file, found {path} damaged or cut short ({reason}): "
            "fetch it again",
            path=path,
            reason=str(error),
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> DataError:
    """The error for a file that is there but cannot be read."""
    return DataError(
        "expected a readable file, found that {path} cannot be read ({reason}): "
        "check that it is a file and its permissions",
        path=path,
        reason=error.strerror or str(error),
    )


def _opened(path: Path) -> Any:
    with path.open("rb") as file:
        start = file.read(6)
    if start[:2] == b"\x1f\x8b":
        return gzip.open(path, "rb")
    if start == b"\xfd7zXZ\x00":
        return lzma.open(path, "rb")
    return path.open("rb")


def parse(file: IO[bytes], name: str, axes: int) -> Any:
    """Read one IDX array from an unpacked stream; `name` is used in errors."""
    start = file.read(4)
    if len(start) < 4:
        raise DataError(
            "expected an IDX file, found {name} with {size} bytes in it: it is empty or cut "
            "short, fetch it again",
            name=name,
            size=len(start),
        )
    if start[:2] != b"\0\0" or start[2] not in TYPES:
        raise DataError(
            "expected an IDX file, which starts with 00 00 08, found {name} starting with "
            "{found}: it is damaged or of another format",
            name=name,
            found=start.hex(" "),
        )
    if start[3] != axes:
        raise DataError(
            "expected {axes} axes in {name} (images have 3, labels 1), found {found}: "
            "images and labels may be swapped, or it is damaged",
            axes=axes,
            name=name,
            found=start[3],
        )
    shape = struct.unpack(f">{axes}I", _exactly(file, 4 * axes, name))
    if prod(shape) == 0:
        raise DataError(
            "expected at least one sample in {name}, found the shape {shape}: "
            "it is empty, fetch it again",
            name=name,
            shape=shape,
        )
    dtype = np.dtype(TYPES[start[2]])
    values = np.frombuffer(_exactly(file, prod(shape) * dtype.itemsize, name), dtype)
    _expect_end(file, name, shape)
    return values.reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _exactly(file: IO[bytes], size: int, name: str) -> bytearray:
    """`size` bytes, read piece by piece so that a false length cannot ask for all the memory."""
    found = bytearray()
    while len(found) < size:
        piece = file.read(min(_CHUNK, size - len(found)))
        if not piece:
            raise DataError(
                "expected {size} bytes after the header's counts in {name}, found {found}: "
                "it is cut short, fetch it again",
                size=size,
                name=name,
                found=len(found),
            )
        found += piece
    return found


def _expect_end(file: IO[bytes], name: str, shape: tuple[int, ...]) -> None:
    if file.read(1):
        raise DataError(
            "expected {name} to end after the {shape} values that its header counts, found more "
            "bytes: its header or its end is damaged, fetch it again",
            name=name,
            shape=shape,
        )
