"""MNIST, shipped inside the package: no network is needed."""

from __future__ import annotations

import hashlib
import lzma
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from backprove.data._cache import cached
from backprove.data.dataset import Dataset
from backprove.errors import DataError, UsageError


@dataclass(frozen=True)
class Packed:
    """One xz file of the package, with what it holds and the SHA-256 of the unpacked IDX file."""

    file: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header(self) -> bytes:
        """The IDX header that belongs to the shape."""
        return struct.pack(f">4B{len(self.shape)}I", 0, 0, 8, len(self.shape), *self.shape)

    def intact(self, values: Any) -> bool:
        """Whether header and values hash to the published SHA-256 (20 ms for 47 MB)."""
        digest = hashlib.sha256(self.header)
        digest.update(np.ascontiguousarray(values).data)
        return digest.hexdigest() == self.sha256


_TRAIN, _TEST = 60_000, 10_000
FILES = {
    "train": (
        Packed(
            "train-images-idx3-ubyte",
            (_TRAIN, 28, 28),
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        Packed(
            "train-labels-idx1-ubyte",
            (_TRAIN,),
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
    ),
    "test": (
        Packed(
            "t10k-images-idx3-ubyte",
            (_TEST, 28, 28),
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        Packed(
            "t10k-labels-idx1-ubyte",
            (_TEST,),
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
}


def load_mnist(split: str, *, labels: Sequence[int] | None = None) -> Dataset:
    """The 60,000 training or 10,000 test images, x uint8 (N, 28, 28), y int32 (N,).

    With `labels` only the images of these digits, their classes numbered in that order.
    Unpacking is done once and the result kept in the cache folder.
    Reference: LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 86(11), 1998.
    """
    images, digits = (_array(packed) for packed in FILES[split])
    if labels is None:
        return Dataset(images, digits, tuple("0123456789"), name="mnist")
    chosen = _chosen(labels)
    rows = np.isin(digits, chosen)
    classes = np.searchsorted(np.sort(chosen), digits[rows])
    return Dataset(images[rows], np.argsort(chosen)[classes], tuple(map(str, chosen)), name="mnist")


def _chosen(labels: Sequence[int]) -> Any:
    found = np.asarray(labels)
    good = found.ndim == 1 and len(found) and found.dtype.kind in "iu"
    if (
        not good
        or len(set(found.tolist())) < len(found)
        or not set(found.tolist()) <= set(range(10))
    ):
        raise UsageError(
            "expected labels to be some of the digits 0 to 9, each once, found {found!r}",
            found=labels,
        )
    return found


def _array(packed: Packed) -> Any:
    name = f"{packed.file}-{packed.sha256[:8]}.npy"
    return cached(name, packed.shape, lambda: unpack(packed), packed.intact)


def unpack(packed: Packed) -> Any:
    """The values of a shipped file. Raises DataError if the installed file is not the right one."""
    source = files("backprove.data") / "mnist_files" / f"{packed.file}.xz"
    try:
        content = bytearray(lzma.decompress(source.read_bytes()))
    except (OSError, lzma.LZMAError, EOFError) as error:
        raise _damaged(packed, str(error)) from error
    size = len(packed.header)
    values = np.frombuffer(content, dtype=np.uint8)[size:]
    if len(content) != size + int(np.prod(packed.shape)) or not packed.intact(values):
        raise _damaged(packed, "SHA-256")
    return values.reshape(packed.shape)


def _damaged(packed: Packed, reason: str) -> DataError:
    return DataError(
        "expected MNIST's {file} inside the installed package, found it missing or damaged "
        "({reason}): install backprove again",
        file=packed.file,
        reason=reason,
    )
