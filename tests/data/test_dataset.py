"""Dataset: what is taken, what is refused, and in which words."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest

from backprove.data import Dataset, as_labels
from backprove.errors import BackproveError, DataError, ShapeError, UsageError


@pytest.mark.parametrize(
    "labels",
    [
        [2, 0, 1],
        [[2], [0], [1]],
        [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
        [2.0, 0.0, 1.0],
        np.array([2, 0, 1], dtype=np.uint8),
        np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]], dtype=bool),
    ],
)
def test_labels_of_any_form_become_one(labels: Any) -> None:
    dataset = Dataset(np.ones((3, 2)), labels)
    assert dataset.y.dtype == np.int32
    assert dataset.y.tolist() == [2, 0, 1]
    assert dataset.classes == 3
    assert dataset.class_names == ("0", "1", "2")


def test_booleans_are_two_classes() -> None:
    assert Dataset(np.ones((2, 1)), [True, False]).y.tolist() == [1, 0]


def test_one_hot_columns_without_a_sample_are_classes() -> None:
    assert Dataset(np.ones((2, 2)), [[1, 0, 0], [0, 1, 0]]).classes == 3


@pytest.mark.parametrize(
    ("labels", "classes", "words"),
    [
        ([0, 1, 3], 3, "from 0 to 2, as there are 3 classes, found 3 in row 2"),
        ([0, -1, 3], 3, "found -1 in row 1"),
        ([0, -1], None, "whole numbers from 0 on, found -1 in row 1"),
        ([0.5, 1], None, "found 0.5 in row 0"),
        ([0.0, np.nan], 2, "found nan in row 1"),
        ([[1, 0], [1, 1]], None, "found [1, 1] in row 1"),
        ([[1, 0], [0, 0]], None, "found [0, 0] in row 1"),
        ([[0.9, 0.1], [0.0, 1.0]], None, "found [0.9, 0.1] in row 0"),
        (["a", "b"], None, "found the dtype <U1"),
    ],
)
def test_wrong_labels_are_refused_with_the_first_row(
    labels: Any, classes: int | None, words: str
) -> None:
    with pytest.raises(DataError) as caught:
        as_labels(labels, classes)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("labels", "classes"), [(np.zeros((2, 2, 2)), None), ([[1, 0]], 3), (1, None)]
)
def test_labels_of_another_shape_are_refused(labels: Any, classes: int | None) -> None:
    with pytest.raises(ShapeError):
        as_labels(labels, classes)


@pytest.mark.parametrize(
    ("x", "y", "options", "words"),
    [
        (np.ones((3, 2)), [0, 1], {}, "(3, 2) and y of the shape (2,)"),
        (np.ones((0, 2)), None, {}, "at least one sample and one feature, found the shape (0, 2)"),
        (np.ones((3, 0)), None, {}, "found the shape (3, 0)"),
        (np.ones(3), None, {}, "found (3,)"),
        ([["a", "b"]], None, {}, "expected numbers in x, found the dtype str32"),
        ([[1.0, 2.0], [3.0, np.nan]], None, {}, "found nan in x, row 1, column 1 (1 such"),
        (
            [[1.0, np.inf], [3.0, np.nan]],
            None,
            {"feature_names": ["a", "wide"]},
            "found inf in x, row 0, column 1 ('wide') (2 such",
        ),
        (np.full((1, 2, 2), np.nan), None, {}, "row 0, column (0, 0)"),
        (np.ones((2, 1)), [1.0, -np.inf], {"task": "regression"}, "found -inf in y, row 1"),
        (np.ones((2, 1)), np.ones((2, 1, 1)), {"task": "regression"}, "(N, outputs)"),
        (np.ones((2, 1)), [0, 1], {"class_names": ["a", "a"]}, "found 'a' twice"),
        (np.ones((2, 1)), [0, 2], {"class_names": ["a", "b"]}, "found 2 in row 1"),
        (np.ones((2, 1)), [0, 10**9], {}, "found the label 1000000000 among 2 samples"),
        (np.ones((2, 1)), None, {"feature_names": ["a", "b"]}, "found 2 names"),
        (np.ones((2, 1)), None, {"task": "clasification"}, "did you mean 'classification'"),
    ],
)
def test_wrong_data_are_refused_in_one_sentence(
    x: Any, y: Any, options: dict[str, Any], words: str
) -> None:
    with pytest.raises(BackproveError) as caught:
        Dataset(x, y, **options)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_bytes_stay_bytes_and_other_whole_numbers_become_floating() -> None:
    assert Dataset(np.ones((2, 2), np.uint8)).x.dtype == np.uint8
    assert Dataset(np.ones((2, 2), np.int64)).x.dtype == np.float32
    assert Dataset(np.full((2, 2), 2**24 + 1)).x.dtype == np.float64
    assert Dataset(np.full((2, 2), 2**24 + 1)).x[0, 0] == 2**24 + 1
    assert Dataset(np.ones((2, 2), np.float16)).x.dtype == np.float16
    assert Dataset(np.ones((2, 2), ">f8")).x.dtype.isnative


def test_regression_targets_are_columns() -> None:
    dataset = Dataset(np.ones((3, 2)), [1, 2, 3], task="regression")
    assert dataset.y.tolist() == [[1.0], [2.0], [3.0]]
    assert dataset.y.dtype == np.float32
    assert dataset.classes == 0


def test_taking_rows_keeps_the_names_and_the_number_of_classes() -> None:
    dataset = Dataset(np.arange(6).reshape(3, 2), [0, 1, 2], ["a", "b", "c"], feature_names="uv")
    part = dataset.take([2, 0])
    assert part.x.tolist() == [[4.0, 5.0], [0.0, 1.0]]
    assert part.y.tolist() == [2, 0]
    assert (part.classes, part.class_names) == (3, ("a", "b", "c"))
    assert part.feature_names == ("u", "v")
    with pytest.raises(DataError):
        dataset.take([])


def test_flat_makes_rows() -> None:
    assert Dataset(np.ones((2, 3, 4))).flat().x.shape == (2, 12)


def test_it_is_frozen_and_its_repr_is_one_line() -> None:
    dataset = Dataset(np.ones((2, 2), np.uint8), [0, 1], name="tiny")
    with pytest.raises(FrozenInstanceError):
        dataset.x = None  # type: ignore[misc]
    assert repr(dataset) == (
        "Dataset('tiny', 2 samples, x uint8 (2, 2), y int32 (2,), classification, 2 classes)"
    )


def test_the_given_arrays_are_not_written_into() -> None:
    x, y = np.array([[1.0], [2.0]]), np.array([[0], [1]])
    Dataset(x, y)
    assert x.tolist() == [[1.0], [2.0]]
    assert y.shape == (2, 1)


def test_the_task_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        Dataset(np.ones((2, 1)), task="Regression")
