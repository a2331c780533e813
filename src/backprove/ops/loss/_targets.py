"""Targets of classification losses as weights of the classes.

A row's loss is -sum_k q_k log p_k. Class indices put the class weight at the label; an ignored
row has only zeros, and a row whose label is no class has only NaN.
"""

from __future__ import annotations

from math import nan
from typing import Any, NamedTuple

from backprove.arrays import cast, dtype_name, is_floating, namespace
from backprove.arrays import shape as shape_of
from backprove.counts import elements
from backprove.errors import DTypeError, ShapeError
from backprove.ops.loss._checks import Weight
from backprove.ops.loss._reduction import times, weight_of

Shape = tuple[int, ...]


class Targets(NamedTuple):
    """What a classification loss needs to know of its targets.

    q        (..., K) the weight of every class in the loss of its row
    total    (..., 1) its sum over the classes
    counted  (..., 1) what each row adds to the mean's divisor, or the divisor itself
    share    (..., K) the derivative of q by a target that holds probabilities, else None
    """

    q: Any
    total: Any
    counted: Any
    share: Any = None


def read(
    name: str, x: Any, target: Any, weight: Weight, ignore_index: int, smoothing: float
) -> Targets:
    """The targets of logits x, which hold class indices or probabilities."""
    if are_probabilities(x, target):
        return probabilities(name, x, target, weight, smoothing)
    return labels(name, x, shape_of(x), target, weight, ignore_index, smoothing)


def labels(
    name: str,
    like: Any,
    shape: Shape,
    target: Any,
    weight: Weight,
    ignore_index: int,
    smoothing: float = 0.0,
) -> Targets:
    """The targets of class indices for x of shape (..., K), in the library and dtype of `like`.

    Smoothing spreads a part of each row over all classes, each with its own weight; the row still
    counts with the weight of its label, as in PyTorch.
    """
    xp, index, k = namespace(like), indices(name, shape, target), shape[-1]
    spread = weight_of(name, "weight", weight, shape, like)
    hot = times(xp.astype(index == xp.arange(k, dtype=index.dtype), like.dtype), spread)
    known = (index >= 0) & (index < k)
    rows = xp.where(known, xp.astype(known, like.dtype), nan)
    rows = xp.where(index == ignore_index, 0.0, rows)
    q = hot * rows
    counted = rows if weight is None else xp.sum(q, axis=-1, keepdims=True)
    if not smoothing:
        return Targets(q, counted, counted)
    q = (1 - smoothing) * q + times(rows * (smoothing / k), spread)
    return Targets(q, xp.sum(q, axis=-1, keepdims=True), counted)


def probabilities(name: str, x: Any, target: Any, weight: Weight, smoothing: float) -> Targets:
    """The targets of probabilities (..., K). Every row counts, so the mean divides by the rows."""
    spread = weight_of(name, "weight", weight, shape_of(x), x)
    xp, rows = namespace(x), float(elements(shape_of(x)[:-1])) or nan
    q = cast(target, x.dtype)
    if smoothing:
        q = (1 - smoothing) * q + smoothing / shape_of(x)[-1]
    q = times(q, spread)
    share = times(xp.full_like(x, 1 - smoothing), spread)
    return Targets(q, xp.sum(q, axis=-1, keepdims=True), rows, share)


def are_probabilities(x: Any, target: Any) -> bool:
    """Whether the target is a floating array of the shape of x."""
    return shape_of(target) == shape_of(x) and is_floating(target)


def reduce_rows(losses: Any, reduction: str, counted: Any) -> Any:
    """Losses of shape (..., 1) without their last axis, added up or averaged.

    The mean over no row, all of them being ignored, is NaN.
    """
    xp = namespace(losses)
    if reduction == "none":
        return xp.reshape(losses, shape_of(losses)[:-1])
    total = xp.sum(losses)
    return total / _divisor(xp, counted, nan) if reduction == "mean" else total


def spread_rows(dy: Any, reduction: str, counted: Any) -> Any:
    """The upstream gradient of every row's loss, to be multiplied by (..., K)."""
    xp = namespace(dy)
    if reduction == "none":
        return xp.expand_dims(dy, axis=-1)
    return dy / _divisor(xp, counted, 1.0) if reduction == "mean" else dy


def _divisor(xp: Any, counted: Any, empty: float) -> Any:
    if isinstance(counted, float):
        return counted
    found = xp.sum(counted)
    return xp.where(found == 0, empty, found)


def divisor(loss: Any, x: Any, target: Any) -> Any:
    """What the mean of a CrossEntropy or NLL divides by: 0 if every row is ignored.

    Losses of batches weighted by it add up to the mean over all samples.
    """
    if are_probabilities(x, target):
        return namespace(x).asarray(float(elements(shape_of(x)[:-1])), dtype=x.dtype)
    name = type(loss).__name__
    found = labels(name, x, shape_of(x), target, loss.weight, loss.ignore_index)
    return namespace(x).sum(found.counted)


def indices(name: str, shape: Shape, target: Any) -> Any:
    """Class indices of shape (...) or (..., 1) as (..., 1), for x of shape (..., K).

    Raises ShapeError for any other shape, DTypeError unless they are whole numbers.
    """
    rows, found = shape[:-1], shape_of(target)
    if not shape or not shape[-1]:
        raise ShapeError(
            "{name} expected x of shape (..., K) for K classes, found {found}",
            name=name,
            found=shape,
        )
    if found not in (rows, (*rows, 1)):
        raise ShapeError(
            "{name} expected class indices of shape {rows} or {column}, found {found}: reshape "
            "the labels (CrossEntropy also takes floating probabilities of the shape of x)",
            name=name,
            rows=rows,
            column=(*rows, 1),
            found=found,
        )
    dtype = dtype_name(target)
    if "int" not in dtype:
        raise DTypeError(
            "{name} expected class indices of a whole-number type, found {found}: "
            "convert the labels, for instance to int32",
            name=name,
            found=dtype,
        )
    xp = namespace(target)
    wide = dtype in ("int64", "uint64")
    return cast(xp.reshape(target, (*rows, 1)), xp.int64 if wide else xp.int32)
