"""Dataset: samples with their labels, checked once so that nothing later needs to look again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backprove.data.labels import as_labels, one_hot_width
from backprove.errors import DataError, ShapeError, unknown

TASKS = ("classification", "regression")
_BLOCK = 8192


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Samples x, what is to be predicted y, and what both are called.

    x             (N, ...), uint8 or floating; other whole numbers become floating
    y             None, or for classification int32 (N,) from labels (N,), (N, 1) or one-hot
                  (N, K); for regression floating (N, K), where (N,) becomes (N, 1)
    class_names   one name a class; "0", "1", ... where none are given
    task          "classification" or "regression"
    feature_names one name a column of a two-dimensional x, or None

    Raises DataError for zero samples, unequal lengths, NaN or infinity (with row and column) and
    wrong labels (with the row), ShapeError for wrong shapes. Rows are counted from 0.
    """

    x: Any
    y: Any = None
    class_names: tuple[str, ...] | None = None
    name: str = "data"
    task: str = "classification"
    feature_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.task not in TASKS:
            raise unknown("task", self.task, TASKS)
        names = _names(self.feature_names)
        x = _features(np.asarray(self.x), names)
        object.__setattr__(self, "feature_names", names)
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "class_names", _distinct(_names(self.class_names)))
        if self.y is not None:
            self._set_y(np.asarray(self.y))

    def _set_y(self, y: Any) -> None:
        if y.ndim == 0 or len(y) != len(self.x):
            raise DataError(
                "expected as many labels as samples, found x of the shape {x} and y of the "
                "shape {y}: give one label for each sample",
                x=self.x.shape,
                y=y.shape,
            )
        if self.task == "regression":
            object.__setattr__(self, "y", _quantities(y))
            return
        classes = None if self.class_names is None else len(self.class_names)
        labels = as_labels(y, classes)
        if self.class_names is None:
            count = max(int(labels.max()) + 1, one_hot_width(y))
            _refuse_sparse(count, len(labels))
            object.__setattr__(self, "class_names", tuple(map(str, range(count))))
        object.__setattr__(self, "y", labels)

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        kind = f", {self.classes} classes" if self.classes else ""
        y = "no labels" if self.y is None else f"y {self.y.dtype} {self.y.shape}"
        x = f"x {self.x.dtype} {self.x.shape}"
        return f"Dataset({self.name!r}, {len(self)} samples, {x}, {y}, {self.task}{kind})"

    @property
    def classes(self) -> int:
        """The number of classes; 0 for regression and where it is not known."""
        return len(self.class_names or ()) if self.task == "classification" else 0

    def take(self, rows: Any) -> Dataset:
        """The samples of the given rows (numbers, a slice or a mask), with all names kept."""
        return replace(self, x=self.x[rows], y=None if self.y is None else self.y[rows])

    def flat(self) -> Dataset:
        """The same samples as rows of shape (N, D)."""
        return replace(self, x=self.x.reshape(len(self.x), -1))


def _names(names: Iterable[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(map(str, names))


def _distinct(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if names is not None and len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(
            "expected a name of its own for each class, found {name!r} twice: rename one",
            name=twice,
        )
    return names


def _refuse_sparse(classes: int, samples: int) -> None:
    if classes > max(1000, samples):
        raise DataError(
            "expected classes numbered from 0 without large gaps, found the label {label} among "
            "{samples} samples: number the classes afresh, or give class_names",
            label=classes - 1,
            samples=samples,
        )


def _features(x: Any, names: tuple[str, ...] | None) -> Any:
    if x.ndim < 2:
        raise ShapeError(
            "expected samples of the shape (N, features), found {shape}: "
            "a single feature is x[:, None], a single sample x[None, :]",
            shape=x.shape,
        )
    if x.size == 0:
        raise DataError(
            "expected at least one sample and one feature, found the shape {shape}: "
            "look at what was read or selected",
            shape=x.shape,
        )
    if names is not None and (x.ndim != 2 or len(names) != x.shape[1]):
        raise ShapeError(
            "expected one feature name for each column, found {names} names and x of the shape "
            "{shape}: give as many names as columns",
            names=len(names),
            shape=x.shape,
        )
    x = x if x.dtype == np.uint8 else _floating(x, "x")
    _refuse_not_finite(x, "x", names)
    return x


def _floating(values: Any, what: str) -> Any:
    """float16, float32 and float64 as they are; float32 for whole numbers that it holds exactly."""
    kind, name = values.dtype.kind, values.dtype.name
    if name in ("float16", "float32", "float64"):
        return values.astype(name, copy=False)
    if name == "bfloat16":
        return values.astype(np.float32)
    if kind in "biu":
        wide = values.astype(np.float64)
        return wide if np.abs(wide).max() > 2**24 else wide.astype(np.float32)
    if kind == "f":
        return values.astype(np.float64)
    raise DataError(
        "expected numbers in {what}, found the dtype {dtype}: convert text and categories to "
        "numbers first",
        what=what,
        dtype=name,
    )


def _quantities(y: Any) -> Any:
    if y.ndim > 2:
        raise ShapeError(
            "expected targets of the shape (N,) or (N, outputs), found {shape}: "
            "reshape them to two axes",
            shape=y.shape,
        )
    y = _floating(y, "y")
    _refuse_not_finite(y, "y", None)
    return y.reshape(len(y), -1)


def _refuse_not_finite(values: Any, what: str, names: tuple[str, ...] | None) -> None:
    if values.dtype.kind != "f":
        return
    if all(np.isfinite(values[i : i + _BLOCK]).all() for i in range(0, len(values), _BLOCK)):
        return
    finite = np.isfinite(values)
    row, *column = (int(i) for i in np.unravel_index(np.argmin(finite), values.shape))
    if len(column) == 1:
        where = f"{column[0]} ({names[column[0]]!r})" if names else str(column[0])
    else:
        where = str(tuple(column)) if column else "0"
    raise DataError(
        "expected finite numbers, found {value} in {what}, row {row}, column {column} "
        "({count} such values in all): remove these rows or fill in the values",
        value=values[(row, *column)],
        what=what,
        row=row,
        column=where,
        count=int(finite.size - np.count_nonzero(finite)),
    )
