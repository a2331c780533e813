"""What `Model` is given: data that fits the network, and options that exist."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from math import prod
from typing import Any, ParamSpec, TypeVar

import numpy as np

from backprove.data import Dataset
from backprove.errors import DataError, ShapeError, UsageError, unknown
from backprove.op import Op
from backprove.ops.loss.cross_entropy import CrossEntropy
from backprove.ops.loss.nll import NLL

LABEL_LOSSES = (CrossEntropy, NLL)

P = ParamSpec("P")
R = TypeVar("R")


def refuse_unknown(function: Callable[P, R]) -> Callable[P, R]:
    """Refuse unknown keywords with the nearest known one, instead of a bare TypeError."""
    known = [name for name in inspect.signature(function).parameters if name != "self"]

    @functools.wraps(function)
    def checked_call(*args: P.args, **kwargs: P.kwargs) -> R:
        for name in kwargs:
            if name not in known:
                raise unknown("option", name, known)
        return function(*args, **kwargs)

    return checked_call


def positive(**numbers: int) -> None:
    """Raise UsageError for an option that is no whole number of 1 or more; it is named."""
    for name, value in numbers.items():
        if isinstance(value, bool) or int(value) != value or value < 1:
            raise UsageError(
                "expected {name} to be a whole number of 1 or more, found {found}",
                name=name,
                found=value,
            )


def checked(data: Any, net: Op, loss: Op | None, name: str) -> Dataset:
    """The data as a Dataset that fits the network: a Dataset or a pair (x, y).

    Raises UsageError for anything else, DataError for labels that the network has no output for,
    ShapeError for rows of the wrong length.
    """
    dataset = data if isinstance(data, Dataset) else _from_pair(data, loss, name)
    rows = fitting_shape(dataset.x.shape, net)
    if loss is not None:
        if dataset.y is None:
            raise DataError("{name} has no labels: give a pair (x, y)", name=name)
        _check_labels(dataset.y, net.shape(rows), name)
    return dataset


def _from_pair(data: Any, loss: Op | None, name: str) -> Dataset:
    if not isinstance(data, tuple | list) or len(data) != 2:
        raise UsageError(
            "expected {name} to be a Dataset or a pair (x, y), found {found}",
            name=name,
            found=type(data).__name__,
        )
    x, y = np.asarray(data[0]), None if data[1] is None else np.asarray(data[1])
    task = "regression" if y is not None and _quantities(y, loss) else "classification"
    return Dataset(x=x, y=y, name=name, task=task)


def _quantities(y: Any, loss: Op | None) -> bool:
    """Whether targets are numbers to be met, and not classes.

    Whole numbers are classes, and so are one-hot rows for a loss that takes classes.
    """
    if not np.issubdtype(y.dtype, np.floating):
        return False
    one_hot = y.ndim == 2 and y.shape[1] > 1 and bool(np.all((y == 0) | (y == 1)))
    return not (isinstance(loss, LABEL_LOSSES) and one_hot and bool(np.all(y.sum(-1) == 1)))


def fitting_shape(shape: tuple[int, ...], net: Op) -> tuple[int, ...]:
    """The shape in which the network takes the rows: as they are, or each one flattened.

    Raises ShapeError if it takes neither.
    """
    try:
        net.shape(shape)
        return shape
    except ShapeError:
        flat = (shape[0], prod(shape[1:]))
        if flat == shape:
            raise
        net.shape(flat)
        return flat


def _check_labels(y: Any, out: tuple[int, ...], name: str) -> None:
    if np.issubdtype(y.dtype, np.integer) and y.ndim == 1 and len(out) == 2 and out[1] > 1:
        bad = np.flatnonzero((y >= out[1]) | (y < 0))
        if len(bad):
            raise DataError(
                "{name}: row {row} has the label {label}, but the network has {classes} outputs: "
                "labels go from 0 to {last}",
                name=name,
                row=int(bad[0]),
                label=int(y[bad[0]]),
                classes=out[1],
                last=out[1] - 1,
            )


def inputs_of(dataset: Dataset, net: Op, loss: Op) -> tuple[Any, Any]:
    """(x, target) as the network and the loss take them.

    For a network with a single output, targets become floating and of shape (N, 1).
    """
    shape = fitting_shape(dataset.x.shape, net)
    x, y = dataset.x.reshape(shape), np.asarray(dataset.y)
    if net.shape(shape) == (len(y), 1) and not isinstance(loss, LABEL_LOSSES):
        return x, y.reshape(-1, 1).astype(np.float32)
    return x, y.astype(np.float32 if np.issubdtype(y.dtype, np.floating) else np.int32)
