"""Arrays that stay in their file: the system reads what is used and forgets what is not."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

MAPPED_BYTES = 2**26
"""Arrays of a .npz file from this size on are mapped, if they are stored unpacked."""


def is_mapped(x: Any) -> bool:
    """Whether an array is a view of a mapped file."""
    while isinstance(x, np.ndarray):
        if isinstance(x, np.memmap):
            return True
        x = x.base
    return False


def map_member(path: Path, member: zipfile.ZipInfo) -> Any:
    """The array of a .npy file inside an archive, mapped; None where it must be unpacked or is
    small. `numpy.savez` stores arrays unpacked, `numpy.savez_compressed` does not.

    A mapped array is not compared with the archive's checksum, for that would read all of it.
    """
    if member.compress_type != zipfile.ZIP_STORED or member.file_size < MAPPED_BYTES:
        return None
    with path.open("rb") as file:
        file.seek(member.header_offset)
        local = file.read(30)
        name, extra = struct.unpack("<26x2H", local)
        start = member.header_offset + 30 + name + extra
        file.seek(start)
        version = np.lib.format.read_magic(file)
        if version != (1, 0):
            return None
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
        offset = file.tell()
    size = int(np.prod(shape)) * dtype.itemsize
    if fortran or dtype.hasobject or offset - start + size != member.file_size:
        return None
    return np.memmap(path, dtype, "r", offset, shape)
