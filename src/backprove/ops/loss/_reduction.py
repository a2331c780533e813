"""What losses share: how the losses of the elements become one number."""

from __future__ import annotations

from typing import Any

from backprove.arrays import namespace
from backprove.arrays import shape as shape_of
from backprove.counts import elements
from backprove.errors import ShapeError, unknown

REDUCTIONS = ("mean", "sum", "none")


def check_reduction(reduction: str) -> str:
    """The reduction itself. Raises UsageError for an unknown one."""
    if reduction not in REDUCTIONS:
        raise unknown("reduction", reduction, REDUCTIONS)
    return reduction


def reduce(losses: Any, reduction: str) -> Any:
    """The mean, the sum or the losses themselves. The mean of no elements is NaN."""
    if reduction == "none":
        return losses
    total = namespace(losses).sum(losses)
    return total / float(elements(shape_of(losses))) if reduction == "mean" else total


def spread(dy: Any, reduction: str, shape: tuple[int, ...]) -> Any:
    """The upstream gradient of every element's loss: the adjoint of `reduce`."""
    return dy / float(elements(shape)) if reduction == "mean" else dy


def same_shape(name: str, x: Any, target: Any) -> None:
    """Raise ShapeError unless x and target agree: a loss never broadcasts silently."""
    if shape_of(x) != shape_of(target):
        raise ShapeError(
            "{name} expected x and target of the same shape, found {x} and {target}: "
            "reshape one of them (broadcasting would train on the wrong pairs)",
            name=name,
            x=shape_of(x),
            target=shape_of(target),
        )
