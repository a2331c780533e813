"""Scaling of inputs and targets, and labels in the form that a loss needs: once, before training.

Everything is fitted on the training rows and then done to all parts, so nothing of the held-out
rows leaks.

    standard            every column gets mean 0 and standard deviation 1 (constant ones stay 0)
    range               every column linearly to [low, high], by default [-1, 1]
    divide              divided by the number `by`
    row_norm, row_sum   every row divided by its Euclidean norm, by its sum

    targets = "one_hot"   labels as rows of 0 and 1, for losses that compare outputs with numbers
    targets = "number"    the label itself as one number to be met: a regression
    targets = "zero_one"  two different numbers as 0 and 1, the smaller one as 0
    targets = "signs"     the same as -1 and +1, which a hinge loss takes
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from backprove.data import Dataset
from backprove.errors import DataError, UsageError, unknown
from backprove.train.config import Named, split_name

Scaler = Callable[[Any], Any]


def standard(values: Any) -> Scaler:
    """(x - mean) / standard deviation of each column; 1 in place of a deviation of 0."""
    mean, std = values.mean(axis=0), values.std(axis=0)
    std = np.where(std > 0, std, 1.0)
    return lambda x: (x - mean) / std


def to_range(values: Any, low: float = -1.0, high: float = 1.0) -> Scaler:
    """Each column linearly from its own range to [low, high]; a constant one to the middle."""
    least, most = values.min(axis=0), values.max(axis=0)
    width = np.where(most > least, most - least, 1.0)
    middle = 0.5 * (low + high)
    return lambda x: np.where(most > least, low + (high - low) * (x - least) / width, middle)


def divide(values: Any, by: float = 255.0) -> Scaler:
    """x / by."""
    return lambda x: x / by


def row_norm(values: Any) -> Scaler:
    """Each row divided by its Euclidean norm; rows of zeros stay."""

    def scale(x: Any) -> Any:
        norm = np.linalg.norm(x, axis=1, keepdims=True)
        return x / np.where(norm > 0, norm, 1.0)

    return scale


def row_sum(values: Any) -> Scaler:
    """Each row divided by the sum of its entries. Near a sum of 0 the result is unbounded."""
    return lambda x: x / x.sum(axis=1, keepdims=True)


SCALERS: dict[str, Callable[..., Scaler]] = {
    "standard": standard,
    "range": to_range,
    "divide": divide,
    "row_norm": row_norm,
    "row_sum": row_sum,
}


def scaler(named: Named, values: Any) -> Scaler:
    """The scaling of a name, fitted on the training rows. Raises UsageError for unknown ones."""
    name, options = split_name(named, "scale")
    if name not in SCALERS:
        raise unknown("scaling", name, SCALERS)
    flat = values.reshape(len(values), -1).astype(np.float64)
    try:
        fitted = SCALERS[name](flat, **options)
    except TypeError as error:
        raise UsageError("scaling {name}: {error}", name=name, error=str(error)) from error

    def scale(x: Any) -> Any:
        rows = fitted(x.reshape(len(x), -1).astype(np.float64))
        return rows.reshape(x.shape).astype(np.float32)

    return scale


def scaled(parts: list[Dataset], inputs: Named | None, targets: Named | None) -> list[Dataset]:
    """The parts with scaled inputs and targets; the first part is what the scaling is fitted on.

    Raises DataError if classes are to be scaled.
    """
    first = parts[0]
    if targets is not None and first.task != "regression":
        raise DataError(
            "expected numbers to scale as targets, found {classes} classes: leave scale_targets "
            "out, or choose targets = 'number'",
            classes=first.classes,
        )
    if inputs is not None:
        of_x = scaler(inputs, first.x)
        parts = [replace(part, x=of_x(part.x)) for part in parts]
    if targets is not None:
        of_y = scaler(targets, first.y)
        parts = [replace(part, y=of_y(part.y)) for part in parts]
    return parts


FORMS = ("one_hot", "number", "zero_one", "signs")


def retargeted(data: Dataset, named: Named | None, first: Dataset | None = None) -> Dataset:
    """The data with labels in another form. Two different numbers are those of `first`.

    Raises UsageError for other names, DataError for targets that cannot be written so.
    """
    if named is None:
        return data
    name, _ = split_name(named, "targets")
    if name not in FORMS:
        raise unknown("form of targets", name, FORMS)
    if name in ("zero_one", "signs"):
        return _of_two(data, first or data, name)
    if data.task != "classification" or data.y is None:
        raise DataError(
            "expected classes to write as {name}, found numbers: leave targets out", name=name
        )
    if name == "number":
        return replace(data, y=data.y.astype(np.float32), task="regression", class_names=None)
    hot = np.eye(data.classes, dtype=np.float32)[data.y]
    return replace(data, y=hot, task="regression", class_names=None)


def _of_two(data: Dataset, first: Dataset, name: str) -> Dataset:
    known = np.unique(np.asarray(first.y))
    if len(known) != 2 or data.y is None:
        raise DataError(
            "expected two different labels to write as {name}, found {count}: leave targets out",
            name=name,
            count=len(known),
        )
    low = 0.0 if name == "zero_one" else -1.0
    y = np.where(data.y > known.mean(), 1.0, low).astype(np.float32)
    return replace(data, y=y, task="regression", class_names=None)
