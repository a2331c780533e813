"""Targets of classification losses as weights of the classes."""

from __future__ import annotations

from typing import Any

from backprove.arrays import namespace
from backprove.arrays import shape as shape_of
from backprove.counts import elements
from backprove.errors import ShapeError


def target_weights(
    name: str,
    x: Any,
    target: Any,
    weight: tuple[float, ...] | None,
    ignore_index: int,
    label_smoothing: float = 0.0,
) -> tuple[Any, Any]:
    """q of shape (..., K), so that a row's loss is -sum_k q_k log p_k, and the mean's divisor.

    `target` holds class indices of shape (...) or (..., 1), or probabilities (..., K). A row
    whose label is `ignore_index` weighs nothing; a label outside [0, K) makes its row NaN.
    Raises ShapeError for any other shape.
    """
    xp, shape = namespace(x), shape_of(x)
    k, rows = shape[-1], shape[:-1]
    w = xp.ones((k,), dtype=x.dtype)
    if weight is not None:
        w = xp.asarray(weight, dtype=x.dtype)
    if shape_of(target) == shape and not is_index(target):
        return ((1 - label_smoothing) * target + label_smoothing / k) * w, elements(rows)
    if shape_of(target) not in (rows, (*rows, 1)):
        raise ShapeError(
            "{name} expected target of shape {rows} (class indices) or {shape} "
            "(probabilities, floating), found {found}",
            name=name,
            rows=rows,
            shape=shape,
            found=shape_of(target),
        )
    index = xp.astype(xp.reshape(target, (*rows, 1)), xp.int32)
    onehot = xp.astype(index == xp.arange(k, dtype=xp.int32), x.dtype)
    known = xp.astype((index >= 0) & (index < k), x.dtype)
    known = xp.where(known == 0, float("nan"), known)
    kept = xp.where(index == ignore_index, 0.0, known)
    q = (1 - label_smoothing) * onehot + label_smoothing / k
    q = xp.where(kept == 0, 0.0, q * w * kept)
    return q, xp.sum(xp.where(kept == 0, 0.0, onehot * w * kept))


def is_index(target: Any) -> bool:
    """Whether an array holds whole numbers."""
    return "int" in str(target.dtype)
