"""Exponentials of logits, without overflow and without losing the tail."""

from __future__ import annotations

from math import nan
from typing import Any, NamedTuple

from backprove.arrays import namespace


class Exponentials(NamedTuple):
    """A row of logits seen from its largest one, m.

    largest  m, shape (..., 1)
    top      where the logit is m
    exps     exp(x - m), and 0 where the logit is m
    rest     the sum of all exp(x - m) but a single largest one, shape (..., 1)

    So softmax is where(top, 1, exps) / (1 + rest), its largest entry is short of 1 by
    rest / (1 + rest), and the log-softmax of that entry is -log1p(rest): digits that
    1 - softmax and log(sum(exp)) lose when one class is nearly certain.
    """

    largest: Any
    top: Any
    exps: Any
    rest: Any


def exponentials(x: Any) -> Exponentials:
    """The exponentials along the last axis.

    A single +infinity in a row is certain and -infinity impossible, as limits. Rows without a
    limit (two +infinities, only -infinities) and rows with NaN have the rest NaN. The arguments
    are clipped to what can be subtracted, so nothing overflows on the way.
    """
    xp = namespace(x)
    bound = float(xp.finfo(x.dtype).max)
    largest = xp.max(x, axis=-1, keepdims=True)
    top = x == largest
    lowest = xp.maximum(xp.minimum(largest, bound), 0.0) - bound
    exps = xp.exp(xp.minimum(xp.maximum(x, lowest), bound) - largest)
    exps = xp.where(top | (x < -bound), 0.0, exps)
    ties = xp.sum(xp.astype(top, x.dtype), axis=-1, keepdims=True) - 1.0
    ties = xp.where(xp.isinf(largest) & (ties > 0), nan, ties)
    return Exponentials(largest, top, exps, xp.sum(exps, axis=-1, keepdims=True) + ties)


def below(x: Any, largest: Any, skip: Any) -> Any:
    """largest - x, and 0 where `skip` is set (where both may be infinite)."""
    xp = namespace(x)
    return xp.where(skip, 0.0, largest) - xp.where(skip, 0.0, x)
