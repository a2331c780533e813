"""Class labels in the one form that losses and metrics use: whole numbers, int32, shape (N,)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from backprove.errors import DataError, ShapeError


def as_labels(y: Any, classes: int | None = None) -> Any:
    """Labels of shape (N,), (N, 1) or one-hot (N, K) as int32 of shape (N,).

    Whole numbers in a floating dtype and booleans are taken. With `classes`, each label must lie
    in [0, classes) and one-hot rows must be of that length.

    Raises ShapeError for another shape and DataError for a label that is no whole number or out
    of range, naming the first such row (counted from 0).
    """
    labels = np.asarray(y)
    if labels.dtype.kind not in "biuf":
        raise DataError(
            "expected labels that are whole numbers, found the dtype {dtype}: "
            "number the classes from 0 and give their names as class_names",
            dtype=labels.dtype,
        )
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim == 2:
        labels = _from_one_hot(labels, classes)
    if labels.ndim != 1:
        raise ShapeError(
            "expected labels of the shape (N,), (N, 1) or one-hot (N, classes), found {shape}: "
            "give one label for each sample",
            shape=labels.shape,
        )
    _refuse_wrong(labels, classes)
    return labels.astype(np.int32)


def one_hot_width(y: Any) -> int:
    """The number of columns if `y` is one-hot, else 0."""
    found = np.shape(y)
    return found[1] if len(found) == 2 and found[1] > 1 else 0


def _from_one_hot(y: Any, classes: int | None) -> Any:
    if classes is not None and y.shape[1] != classes:
        raise ShapeError(
            "expected one-hot labels of {classes} columns, one a class, found {found} columns: "
            "give as many columns as classes",
            classes=classes,
            found=y.shape[1],
        )
    wrong = ((y != 0) & (y != 1)).any(axis=1) | (np.count_nonzero(y, axis=1) != 1)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise DataError(
            "expected one-hot labels, a single 1 and otherwise 0 in each row, found {found} in "
            "row {row}: give class numbers of the shape (N,)",
            found=y[row].tolist(),
            row=row,
        )
    return np.argmax(y, axis=1)


def _refuse_wrong(labels: Any, classes: int | None) -> None:
    if labels.dtype.kind == "b":
        labels = labels.astype(np.uint8)
    limit = 2**31 - 1 if classes is None else classes
    with np.errstate(invalid="ignore"):
        wrong = ~((labels >= 0) & (labels < limit) & (labels == np.floor(labels)))
    if not wrong.any():
        return
    row = int(np.argmax(wrong))
    if classes is None:
        raise DataError(
            "expected labels that are whole numbers from 0 on, found {found} in row {row}: "
            'number the classes from 0, or say task="regression" if this is a quantity',
            found=labels[row].item(),
            row=row,
        )
    raise DataError(
        "expected labels that are whole numbers from 0 to {last}, as there are {classes} classes, "
        "found {found} in row {row}: correct the label or the number of classes",
        last=classes - 1,
        classes=classes,
        found=labels[row].item(),
        row=row,
    )


def encode(words: Any, class_names: Sequence[str] | None = None) -> tuple[Any, tuple[str, ...]]:
    """Class names of shape (N,) as numbers, and the names in the order of the numbers.

    Without `class_names` the classes are the words that occur, in sorted order. Give a training
    set's `class_names` for its test set, so that both number alike; a word that is not among them
    raises DataError with its row (counted from 0).
    """
    written = np.asarray(words, dtype=str)
    known, codes = np.unique(written, return_inverse=True)
    names = tuple(known.tolist()) if class_names is None else tuple(class_names)
    place = {name: i for i, name in enumerate(names)}
    table = np.array([place.get(word, -1) for word in known.tolist()], dtype=np.int32)
    labels = table[codes]
    if (labels < 0).any():
        row = int(np.argmax(labels < 0))
        raise DataError(
            "expected a class out of {known}, found {found!r} in row {row}: correct it, or give "
            "class_names with every class",
            known=", ".join(names),
            found=str(written[row]),
            row=row,
        )
    return labels, names
