"""Messages between backprove and its reference processes.

A message is MessagePack behind its length (four bytes, little endian). Arrays travel as dtype
name, shape and raw bytes. Nothing is pickled.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import Any, BinaryIO

import msgspec
import numpy as np

MARK = "__array__"


def send(stream: BinaryIO, message: Any) -> None:
    """Write one message."""
    body = msgspec.msgpack.encode(pack(message))
    stream.write(struct.pack("<I", len(body)) + body)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one message; None at the end of the stream."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    return unpack(msgspec.msgpack.decode(stream.read(struct.unpack("<I", head)[0])))


def pack(value: Any) -> Any:
    """The value with its arrays as plain dictionaries."""
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(value)
        return {MARK: _name(array.dtype), "shape": array.shape, "data": array.tobytes()}
    if isinstance(value, dict):
        return {k: pack(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [pack(v) for v in value]
    return value


def unpack(value: Any) -> Any:
    """The value with its arrays back."""
    if isinstance(value, dict):
        if MARK in value:
            dtype = numpy_dtype(value[MARK])
            return np.frombuffer(value["data"], dtype=dtype).reshape(value["shape"])
        return {k: unpack(v) for k, v in value.items()}
    if isinstance(value, list):
        return [unpack(v) for v in value]
    return value


@cache
def _name(dtype: Any) -> str:
    """NumPy makes the name of a dtype anew each time."""
    return str(dtype.name)


def numpy_dtype(name: str) -> Any:
    """The NumPy dtype of a name, bfloat16 included."""
    if name == "bfloat16":
        import ml_dtypes

        return ml_dtypes.bfloat16
    return np.dtype(name)
