"""NumPy archives (.npz), read without unpickling anything."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backprove.data._idx import unreadable
from backprove.data.dataset import Dataset
from backprove.data.labels import encode
from backprove.data.mapped import map_member
from backprove.errors import DataError, UsageError

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    KeyError,
    MemoryError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    ValueError,
)


def load_npz(
    path: Path,
    split: str,
    *,
    task: str | None = None,
    class_names: Sequence[str] | None = None,
) -> Dataset:
    """One split of an archive with the arrays x and y, or x_train, y_train, x_test and y_test.

    An archive with only x and y is one training set; y may be missing. Labels may be text.
    Large arrays that are stored unpacked, as `numpy.savez` does, stay in the file: see `mapped`.

    Without `task`, floating labels that are not all whole numbers mean regression.

    Raises DataError for an archive that is missing, damaged or holds other arrays, UsageError for
    a split that it does not hold.
    """
    held = _read(path, ("x", "y", "x_train", "y_train", "x_test", "y_test"))
    suffix = _suffix(held, split, path)
    x, y = held[f"x{suffix}"], held.get(f"y{suffix}")
    names = tuple(class_names) if class_names else None
    if y is not None:
        if y.ndim == 0 or x.ndim == 0 or len(x) != len(y):
            raise DataError(
                "expected as many labels as samples in {path}, found x of the shape {x} and y of "
                "the shape {y}: give one label for each sample",
                path=path.name,
                x=x.shape,
                y=y.shape,
            )
        if y.dtype.kind in "US":
            names = names or encode(_all_labels(held))[1]
            y, names = encode(y.reshape(len(y), -1)[:, 0], names)
    task = task or ("regression" if _is_quantity(y) else "classification")
    return Dataset(x, y, names if task == "classification" else None, path.stem, task)


def _read(path: Path, wanted: Sequence[str]) -> dict[str, Any]:
    try:
        if not zipfile.is_zipfile(path):
            path.open("rb").close()
            raise DataError(
                "expected a NumPy archive, found that {path} is none ({size} bytes): it is "
                "damaged, cut short or of another format; write it with numpy.savez",
                path=path,
                size=path.stat().st_size,
            )
        with zipfile.ZipFile(path) as archive:
            names = [name.removesuffix(".npy") for name in archive.namelist()]
            held = {name: _array(archive, name, path) for name in wanted if name in names}
    except OSError as error:
        raise unreadable(path, error) from error
    except _DAMAGE as error:
        if isinstance(error, DataError):
            raise
        raise _damaged(path, error) from error
    if not {"x", "x_train", "x_test"} & held.keys():
        raise DataError(
            "expected arrays named x and y, or x_train, y_train, x_test and y_test in {path}, "
            "found {found}: save them under these names",
            path=path.name,
            found=", ".join(names) or "nothing",
        )
    return held


def _array(archive: zipfile.ZipFile, name: str, path: Path) -> Any:
    try:
        mapped = map_member(path, archive.getinfo(f"{name}.npy"))
        if mapped is not None:
            return mapped
        with archive.open(f"{name}.npy") as member:
            return np.lib.format.read_array(member, allow_pickle=False)
    except _DAMAGE as error:
        raise _damaged(path, error, name) from error


def _damaged(path: Path, error: Exception, name: str = "") -> DataError:
    return DataError(
        "expected readable arrays of numbers or text, found that {path} {name} cannot be read "
        "({reason}): write it again with numpy.savez; Python objects are not read, as unpickling "
        "runs foreign code",
        path=path,
        name=name,
        reason=str(error).partition("\n")[0],
    )


def _suffix(held: Mapping[str, Any], split: str, path: Path) -> str:
    if f"x_{split}" in held:
        return f"_{split}"
    if split == "train" and "x" in held:
        return ""
    raise UsageError(
        "expected the {split} split in {path}, found {found}: it has no such split; divide the "
        "data with split(), or save x_{split} and y_{split}",
        split=split,
        path=path.name,
        found=", ".join(f"{name} {array.shape}" for name, array in held.items()),
    )


def _all_labels(held: Mapping[str, Any]) -> Any:
    """The text labels of all splits, so that training and test classes are numbered alike."""
    return np.concatenate([a.ravel() for name, a in held.items() if name[0] == "y"])


def _is_quantity(y: Any) -> bool:
    if y is None or y.dtype.kind != "f":
        return False
    finite = y[np.isfinite(y)]
    return bool(np.any(finite != np.floor(finite)))
