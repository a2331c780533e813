"""Outputs and labels of a classification, in whatever form they come."""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from backprove.arrays import cast, dtype_name, is_floating, library, namespace
from backprove.arrays import shape as shape_of
from backprove.errors import ShapeError, UsageError


class Classes(NamedTuple):
    """A batch as rows: scores (R, K), the true and the predicted class as (R, K) of booleans.

    A row is false everywhere in `truth` if its label is no class, and in `predicted` if one of
    its scores is NaN.
    """

    scores: Any
    truth: Any
    predicted: Any


def read(name: str, y: Any, target: Any, threshold: float | None) -> Classes:
    """Bring a batch into the form of `Classes`.

    y (..., K) with K > 1: a score for each class, logits or probabilities; the class is the first
    of the largest scores. y (N,) or (..., 1): the score of class 1 out of two classes, which is
    predicted where the score exceeds `threshold`.

    target: class indices of shape (...) or (..., 1), or (..., K) with a one in the column of the
    class. A table as wide as K > 1 is always read as one-hot; its class is the first of the
    largest entries, if that is above 0.

    Raises ShapeError for any other shape, UsageError without a threshold for two classes.
    """
    xp = namespace(y)
    y = y if is_floating(y) else cast(y, "float32")
    target = target if library(target) == library(y) else xp.asarray(target)
    shape = shape_of(y) if y.ndim != 1 else (*shape_of(y), 1)
    if not shape:
        raise ShapeError("{name} expected an output for each sample, found one number", name=name)
    rows = shape[:-1]
    scores = xp.reshape(y, (prod(rows), shape[-1]))
    if shape[-1] == 1:
        scores = _two_columns(name, xp, scores, threshold)
    truth = _truth(name, xp, target, rows, shape_of(scores)[1])
    valid = xp.all(scores == scores, axis=1)[:, None]
    return Classes(scores, truth, _first_largest(xp, scores) & valid)


def _two_columns(name: str, xp: Any, score: Any, threshold: float | None) -> Any:
    if threshold is None:
        raise UsageError(
            "{name} of one output per sample needs a threshold: "
            "threshold=0.5 if the output is a probability, threshold=0.0 if it is a logit",
            name=name,
        )
    return xp.concat([xp.full_like(score, threshold), score], axis=1)


def _truth(name: str, xp: Any, target: Any, rows: tuple[int, ...], k: int) -> Any:
    found = shape_of(target)
    if dtype_name(target) == "bool":
        target = xp.astype(target, xp.int32)
    if found == (*rows, k):
        table = xp.reshape(target, (prod(rows), k))
        return _first_largest(xp, table) & (xp.max(table, axis=1) > 0)[:, None]
    if found not in (rows, (*rows, 1)):
        raise ShapeError(
            "{name} expected labels of shape {rows} or {column}, or one-hot {table}, found {found}",
            name=name,
            rows=rows,
            column=(*rows, 1),
            table=(*rows, k),
            found=found,
        )
    label = xp.reshape(target, (prod(rows), 1))
    label = label if is_floating(label) else xp.astype(label, xp.int32)
    return label == xp.arange(k, dtype=label.dtype)


def _first_largest(xp: Any, table: Any) -> Any:
    index = xp.argmax(table, axis=1)[:, None]
    return index == xp.arange(shape_of(table)[1], dtype=index.dtype)
