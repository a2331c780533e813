"""A folder of IDX files: MNIST, Fashion-MNIST, EMNIST and whatever is packed like them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from backprove.data._idx import read_idx, unreadable
from backprove.data.dataset import Dataset
from backprove.errors import DataError, UsageError, unknown

_NAME = re.compile(
    r"(?P<variant>.+-)?(?P<part>train|t10k|test)-(?P<what>images|labels)[.-]idx[13]-ubyte"
    r"(?P<packing>|\.gz|\.xz)"
)
_PACKINGS = ("", ".gz", ".xz")
_DIGITS = "0123456789"
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_EMNIST_CLASSES = {
    "emnist-byclass": _DIGITS + _UPPER + _UPPER.lower(),
    "emnist-bymerge": _DIGITS + _UPPER + "abdefghnqrt",
    "emnist-balanced": _DIGITS + _UPPER + "abdefghnqrt",
    "emnist-letters": _UPPER,
    "emnist-digits": _DIGITS,
    "emnist-mnist": _DIGITS,
}
Found = dict[str, dict[tuple[str, str], Path]]


def load_idx_folder(
    folder: Path,
    split: str,
    *,
    variant: str | None = None,
    class_names: Sequence[str] | None = None,
    transpose: bool | None = None,
) -> Dataset:
    """The images (N, H, W) and labels of one split of a folder.

    Files are named as MNIST's, train-images-idx3-ubyte and so on (t10k or test for the test
    split), with .gz, .xz or nothing behind, and perhaps a variant before, as
    emnist-balanced-train-images-idx3-ubyte. `variant` chooses where a folder holds several.

    EMNIST stores each image transposed and numbers its letters from 1. For files named emnist-...
    the images are turned upright (`transpose` decides otherwise), letters are numbered from 0
    and the classes have their names.
    """
    found = _find(folder)
    chosen = _choose(found, variant, folder)
    images_path, labels_path = (
        _pick(found[chosen], split, what, folder) for what in ("images", "labels")
    )
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1)
    if len(images) != len(labels):
        raise DataError(
            "expected as many labels as images, found {images} images in {images_file} and "
            "{labels} labels in {labels_file}: the files do not belong together",
            images=len(images),
            images_file=images_path.name,
            labels=len(labels),
            labels_file=labels_path.name,
        )
    if chosen.startswith("emnist") if transpose is None else transpose:
        images = np.ascontiguousarray(images.swapaxes(1, 2))
    if chosen == "emnist-letters":
        labels = labels.astype(np.int32) - 1
    names = class_names or _EMNIST_CLASSES.get(chosen)
    return Dataset(images, labels, tuple(names) if names else None, chosen or folder.name)


def _find(folder: Path) -> Found:
    """The files of each variant by (split, images or labels); unpacked ones come first."""
    found: Found = {}
    try:
        paths = sorted(folder.iterdir())
    except OSError as error:
        raise unreadable(folder, error) from error
    matched = [(match, p) for p in paths if (match := _NAME.fullmatch(p.name.lower()))]
    for match, path in sorted(matched, key=lambda pair: _PACKINGS.index(pair[0]["packing"])):
        variant = (match["variant"] or "").rstrip("-")
        split = "train" if match["part"] == "train" else "test"
        found.setdefault(variant, {}).setdefault((split, match["what"]), path)
    if not found:
        raise DataError(
            "expected IDX files such as train-images-idx3-ubyte.gz in the folder {folder}, found "
            "none among {count} entries: give the folder that holds them",
            folder=folder,
            count=len(paths),
        )
    return found


def _choose(found: Found, variant: str | None, folder: Path) -> str:
    if variant is None:
        if len(found) > 1:
            raise UsageError(
                "expected one data set in {folder}, found {found}: choose one with variant=",
                folder=folder,
                found=", ".join(sorted(map(repr, found))),
            )
        return next(iter(found))
    if variant not in found:
        raise unknown("variant", variant, sorted(found))
    return variant


def _pick(files: dict[tuple[str, str], Path], split: str, what: str, folder: Path) -> Any:
    if (split, what) not in files:
        raise DataError(
            "expected the {what} of the {split} split in {folder}, found only {found}: "
            "fetch the missing file",
            what=what,
            split=split,
            folder=folder,
            found=", ".join(sorted(path.name for path in files.values())),
        )
    return files[split, what]
