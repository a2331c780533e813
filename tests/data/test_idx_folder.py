"""Folders of IDX files, whole and damaged in every way that happens."""

from __future__ import annotations

import gzip
import lzma
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprove.data import load
from backprove.errors import BackproveError, DataError, UsageError

IMAGES = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
LABELS = np.array([0, 1, 2, 1, 0], dtype=np.uint8)
PACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".xz": lzma.compress,
}


def idx(values: Any) -> bytes:
    """The IDX file of an array of bytes."""
    header = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    return header + values.tobytes()


def write(
    folder: Path, images: Any = IMAGES, labels: Any = LABELS, *, name: str = "train", pack: str = ""
) -> None:
    """A pair of files, images and labels being arrays or raw bytes."""
    for what, values in (("images-idx3", images), ("labels-idx1", labels)):
        content = values if isinstance(values, bytes) else idx(values)
        (folder / f"{name}-{what}-ubyte{pack}").write_bytes(PACK[pack](content))


@pytest.mark.parametrize("pack", PACK)
@pytest.mark.parametrize("name", ["train", "fashion-train", "t10k", "test"])
def test_folders_are_read(tmp_path: Path, pack: str, name: str) -> None:
    write(tmp_path, name=name, pack=pack)
    split = "train" if "train" in name else "test"
    dataset = load(tmp_path, split)
    np.testing.assert_array_equal(dataset.x, IMAGES)
    assert dataset.y.tolist() == LABELS.tolist()
    assert dataset.x.flags.writeable


def test_both_splits_and_a_path_as_text(tmp_path: Path) -> None:
    write(tmp_path, name="train", pack=".gz")
    write(tmp_path, IMAGES[:2], LABELS[:2], name="t10k", pack=".gz")
    assert len(load(str(tmp_path))) == 5
    assert len(load(str(tmp_path), "test")) == 2


def test_names_with_a_dot_and_capitals(tmp_path: Path) -> None:
    (tmp_path / "Train-Images.idx3-ubyte").write_bytes(idx(IMAGES))
    (tmp_path / "train-labels.idx1-ubyte").write_bytes(idx(LABELS))
    assert len(load(tmp_path)) == 5


def test_a_packed_name_with_plain_content(tmp_path: Path) -> None:
    """Browsers unpack downloads and keep the name."""
    write(tmp_path)
    for path in list(tmp_path.iterdir()):
        path.rename(path.with_name(path.name + ".gz"))
    assert len(load(tmp_path)) == 5


def test_class_names(tmp_path: Path) -> None:
    write(tmp_path)
    assert load(tmp_path, class_names=["a", "b", "c"]).class_names == ("a", "b", "c")


def test_emnist_is_turned_upright_and_named(tmp_path: Path) -> None:
    write(tmp_path, name="emnist-balanced-train", pack=".gz")
    dataset = load(tmp_path)
    np.testing.assert_array_equal(dataset.x, IMAGES.swapaxes(1, 2))
    assert dataset.x.flags.c_contiguous
    assert dataset.name == "emnist-balanced"
    assert dataset.classes == 47
    assert dataset.class_names is not None
    assert dataset.class_names[10:13] == ("A", "B", "C")
    np.testing.assert_array_equal(load(tmp_path, transpose=False).x, IMAGES)


def test_emnist_letters_are_numbered_from_0(tmp_path: Path) -> None:
    write(tmp_path, labels=np.array([1, 26, 2, 3, 4], np.uint8), name="emnist-letters-train")
    dataset = load(tmp_path)
    assert dataset.y.tolist() == [0, 25, 1, 2, 3]
    assert dataset.classes == 26


def test_several_variants_need_a_choice(tmp_path: Path) -> None:
    write(tmp_path, name="emnist-digits-train")
    write(tmp_path, IMAGES[:2], LABELS[:2], name="emnist-letters-train")
    with pytest.raises(UsageError, match="'emnist-digits', 'emnist-letters': choose one with var"):
        load(tmp_path)
    assert len(load(tmp_path, variant="emnist-digits")) == 5
    with pytest.raises(UsageError, match="unknown variant 'digits': did you mean 'emnist-digits'"):
        load(tmp_path, variant="digits")


def test_values_of_other_types(tmp_path: Path) -> None:
    images = (np.arange(12).reshape(3, 2, 2) * 1000).astype(">i4")
    header = struct.pack(">4B3I", 0, 0, 0x0C, 3, 3, 2, 2)
    write(tmp_path, header + images.tobytes(), LABELS[:3])
    np.testing.assert_array_equal(load(tmp_path).x, images.astype(np.float32))


SOUND = idx(IMAGES)


@pytest.mark.parametrize(
    ("images", "labels", "words"),
    [
        (b"", LABELS, "with 0 bytes in it: it is empty"),
        (SOUND[:3], LABELS, "with 3 bytes in it"),
        (SOUND[:10], LABELS, "expected 12 bytes"),
        (SOUND[:-1], LABELS, "expected 60 bytes"),
        (SOUND + b"\0", LABELS, "to end after the (5, 4, 3) values"),
        (b"PK\x03\x04" + SOUND[4:], LABELS, "starting with 50 4b 03 04"),
        (b"\0\0\x07\x03" + SOUND[4:], LABELS, "starting with 00 00 07 03"),
        (LABELS, IMAGES, "expected 3 axes"),
        (SOUND[:4] + b"\xff" * 12 + SOUND[16:], LABELS, "found 60: it is cut short"),
        (IMAGES[:0], LABELS[:0], "at least one sample"),
        (IMAGES, LABELS[:4], "found 5 images in train-images-idx3-ubyte"),
        (b"<!DOCTYPE html>", LABELS, "starting with 3c 21 44 4f"),
    ],
)
@pytest.mark.parametrize("pack", PACK)
def test_damaged_content(tmp_path: Path, pack: str, images: Any, labels: Any, words: str) -> None:
    write(tmp_path, images, labels, pack=pack)
    with pytest.raises(DataError) as caught:
        load(tmp_path)
    assert words in str(caught.value)


@pytest.mark.parametrize("pack", [".gz", ".xz"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[:-5],
        lambda b: b[: len(b) // 2],
        lambda b: b[:8],
        lambda b: b[:30] + bytes(n ^ 0xFF for n in b[30:40]) + b[40:],
        lambda b: b[:-6] + bytes(n ^ 0xFF for n in b[-6:]),
    ],
)
def test_damaged_packing(tmp_path: Path, pack: str, damage: Callable[[bytes], bytes]) -> None:
    write(tmp_path, pack=pack)
    path = tmp_path / f"train-images-idx3-ubyte{pack}"
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError):
        load(tmp_path)


@pytest.mark.parametrize("pack", PACK)
def test_every_truncation_is_refused(tmp_path: Path, pack: str) -> None:
    write(tmp_path, pack=pack)
    path = tmp_path / f"train-labels-idx1-ubyte{pack}"
    sound = path.read_bytes()
    for length in range(len(sound)):
        path.write_bytes(sound[:length])
        with pytest.raises(DataError):
            load(tmp_path)


def test_missing_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found none among 0 entries"):
        load(tmp_path)
    write(tmp_path)
    with pytest.raises(DataError, match=r"images of the test split .* found only train-images"):
        load(tmp_path, "test")
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(DataError, match="labels of the train split"):
        load(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").mkdir()
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.parametrize("split", ["Train", "TRAIN", "tests", "val", "", None])
def test_no_other_split_is_taken_for_one(tmp_path: Path, split: Any) -> None:
    write(tmp_path)
    write(tmp_path, name="t10k")
    with pytest.raises(UsageError, match=r"unknown split .* Known are train, test\."):
        load(tmp_path, split)


def test_unknown_options(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(UsageError, match="unknown option 'varient': did you mean 'variant'"):
        load(tmp_path, varient="x")
    with pytest.raises(BackproveError, match="expected no options for iris, found target"):
        load("iris", target="label")
