"""What losses share: how the losses of the elements become one number, and the pairing of inputs.

The mean is the sum divided by the number of elements, so it overflows where the sum does, as in
PyTorch, Paddle and JAX. The mean of no elements is NaN.
"""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any

from backprove.arrays import cast, is_floating, namespace
from backprove.arrays import shape as shape_of
from backprove.counts import Count, elements
from backprove.errors import ShapeError
from backprove.ops.loss._checks import Weight


def weight_of(name: str, key: str, weight: Weight, shape: tuple[int, ...], like: Any) -> Any:
    """The weight as None, a number, or an array of the last length of `shape`.

    `like` gives its library and dtype. Raises ShapeError if the lengths differ.
    """
    if not isinstance(weight, tuple):
        return weight
    if shape[-1:] != (len(weight),):
        raise ShapeError(
            "{name} was given {found} numbers as {key} and x of shape {shape}: "
            "give one number for each entry of the last axis",
            name=name,
            key=key,
            found=len(weight),
            shape=shape,
        )
    return namespace(like).asarray(weight, dtype=like.dtype)


def times(x: Any, weight: Any) -> Any:
    """The product; x itself if the weight is None."""
    return x if weight is None else x * weight


def reduce(losses: Any, reduction: str) -> Any:
    """The mean, the sum or the losses themselves."""
    if reduction == "none":
        return losses
    total = namespace(losses).sum(losses)
    return total / divisor(reduction, shape_of(losses)) if reduction != "sum" else total


def spread(dy: Any, reduction: str, shape: tuple[int, ...]) -> Any:
    """The upstream gradient of every element's loss: the adjoint of `reduce`."""
    return dy if reduction in ("sum", "none") else dy / divisor(reduction, shape)


def reduce_exact(m: Any, losses: Any, reduction: str) -> Any:
    """The same reduction of high-precision numbers, for `Op.definition`."""
    if reduction == "none":
        return losses
    return m.sum(losses) / (1 if reduction == "sum" else divisor(reduction, losses.shape))


def divisor(reduction: str, shape: tuple[int, ...]) -> float:
    """The number of elements, or for "batchmean" the first length; NaN if that is zero."""
    count = shape[0] if reduction == "batchmean" else elements(shape)
    return float(count) if count else nan


def output_shape(reduction: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the reduced losses."""
    return shape if reduction == "none" else ()


def reduction_cost(reduction: str, count: int) -> Count:
    """Adding up `count` numbers, and dividing by their number for a mean."""
    adds = 0 if reduction == "none" else max(count - 1, 0)
    return Count(flop=adds + (reduction not in ("sum", "none")))


def paired(name: str, x: Any, target: Any) -> Any:
    """The target in the dtype of x.

    Raises ShapeError unless their shapes agree: a loss never broadcasts.
    """
    if shape_of(x) != shape_of(target):
        raise ShapeError(
            "{name} expected x and target of the same shape, found {x} and {target}: "
            "reshape one of them (broadcasting would train on the wrong pairs)",
            name=name,
            x=shape_of(x),
            target=shape_of(target),
        )
    return cast(target, x.dtype)


def target_gradient(target: Any, gradient: Callable[[], Any]) -> Any:
    """The gradient in the dtype of a floating target; None for whole numbers, for which it is not
    computed.
    """
    return cast(gradient(), target.dtype) if is_floating(target) else None
