"""NumPy archives, whole and damaged."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprove.data import load
from backprove.errors import BackproveError, DataError, UsageError

X = np.arange(12, dtype=np.float32).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])


def write(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


def test_one_training_set(tmp_path: Path) -> None:
    dataset = load(write(tmp_path / "a.npz", x=X, y=Y))
    np.testing.assert_array_equal(dataset.x, X)
    assert dataset.y.tolist() == Y.tolist()
    assert (dataset.name, dataset.task) == ("a", "classification")


def test_compressed_and_without_labels(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=X)
    assert load(tmp_path / "a.npz").y is None


def test_both_splits(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", x_train=X, y_train=Y, x_test=X[:2], y_test=Y[:2])
    assert len(load(path)) == 6
    assert len(load(path, "test")) == 2


def test_text_labels_are_numbered_alike_in_both_splits(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.npz",
        x_train=X,
        y_train=["cat", "ant", "cat", "ant", "cat", "ant"],
        x_test=X[:2],
        y_test=["bee", "cat"],
    )
    assert load(path).class_names == load(path, "test").class_names == ("ant", "bee", "cat")
    assert load(path).y.tolist() == [2, 0, 2, 0, 2, 0]
    assert load(path, "test").y.tolist() == [1, 2]
    with pytest.raises(DataError, match="a class out of ant, cat, found 'bee' in row 0"):
        load(path, "test", class_names=["ant", "cat"])


def test_quantities_are_regression(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", x=X, y=X[:, 0] / 7)
    assert load(path).task == "regression"
    assert load(path).y.shape == (6, 1)
    with pytest.raises(DataError, match=r"whole numbers from 0 on, found 0.28"):
        load(path, task="classification")
    whole = write(tmp_path / "b.npz", x=X, y=Y.astype(float))
    assert load(whole).task == "classification"
    assert load(whole, task="regression").y.dtype == np.float64


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", x=X, y=np.array([{}, 1, 2, 3, 4, 5], dtype=object))
    with pytest.raises(DataError, match="unpickling runs foreign code"):
        load(path)


def test_a_split_that_is_not_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", x=X, y=Y)
    with pytest.raises(UsageError) as caught:
        load(path, "test")
    assert "found x (6, 2), y (6,): it has no such split" in str(caught.value)
    only_test = write(tmp_path / "b.npz", x_test=X, y_test=Y)
    with pytest.raises(UsageError, match="expected the train split"):
        load(only_test)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"images": X, "labels": Y}, "found images, labels: save them under these names"),
        ({}, "found nothing"),
        ({"x": X, "y": Y[:3]}, "found x of the shape (6, 2) and y of the shape (3,)"),
        ({"x": X[:0], "y": Y[:0]}, "at least one sample"),
        ({"x": X, "y": Y - 1}, "found -1 in row 0"),
        ({"x": X * np.nan, "y": Y}, "found nan in x, row 0, column 0"),
        ({"x": X, "y": 3}, "y of the shape ()"),
        ({"x": X.astype(complex), "y": Y}, "found the dtype complex128"),
        ({"x": X.astype(str), "y": Y}, "expected numbers in x"),
    ],
)
def test_wrong_arrays(tmp_path: Path, arrays: dict[str, Any], words: str) -> None:
    with pytest.raises(BackproveError) as caught:
        load(write(tmp_path / "a.npz", **arrays))
    assert words in str(caught.value)


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.npz", x=X, y=Y)
    sound = path.read_bytes()
    for length in range(0, len(sound), 7):
        path.write_bytes(sound[:length])
        with pytest.raises(DataError):
            load(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_changed_bytes_end_in_a_sentence_or_in_nothing_wrong(
    tmp_path: Path, compressed: bool
) -> None:
    """A changed byte is found by the archive's checksums, or lies where it has no effect."""
    path = tmp_path / "a.npz"
    (np.savez_compressed if compressed else np.savez)(path, x=X, y=Y)
    sound = path.read_bytes()
    refused = 0
    for place in range(0, len(sound), 3):
        path.write_bytes(sound[:place] + bytes([sound[place] ^ 0x55]) + sound[place + 1 :])
        try:
            np.testing.assert_array_equal(load(path).x, X)
        except BackproveError:
            refused += 1
    assert refused > len(sound) / 3 / 3


def test_an_array_in_place_of_an_archive(tmp_path: Path) -> None:
    content = io.BytesIO()
    np.save(content, X)
    (tmp_path / "a.npz").write_bytes(content.getvalue())
    with pytest.raises(DataError, match="expected a NumPy archive"):
        load(tmp_path / "a.npz")


def test_another_zip_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", "no array")
        archive.writestr("y.txt", "text")
    with pytest.raises(DataError):
        load(tmp_path / "a.npz")
