"""Gradient clipping by value and by global norm, pure functions of dictionaries of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import numpy as np

from backprove.arrays import cast, library, namespace, shape
from backprove.counts import Count
from backprove.optim._apply import working_dtype
from backprove.optim._checks import within

_TINY = 1e-37
_MARGIN = 1e-6


def clip_by_value(grads: Mapping[str, Any], limit: float) -> dict[str, Any]:
    """Every element into [-limit, limit], as torch.nn.utils.clip_grad_value_.

    Infinity becomes `limit`, NaN stays NaN.
    """
    found = {}
    for name, g in grads.items():
        xp, wide = namespace(g), cast(g, working_dtype(g))
        found[name] = cast(xp.asarray(xp.minimum(xp.maximum(wide, -limit), limit)), g.dtype)
    return found


def global_norm(grads: Mapping[str, Any]) -> Any:
    """The Euclidean norm of all arrays taken as one vector; 0.0 of no elements.

    The elements are divided by the largest first, so no square overflows. NaN if an element is
    NaN, else infinity if one is infinite.
    """
    unit, root, _ = _in_units(grads)
    with np.errstate(over="ignore"):
        return unit * root


def clip_by_norm(grads: Mapping[str, Any], limit: float) -> dict[str, Any]:
    """The gradients times limit / (norm + 1e-6) if that is less than 1.

    This is torch.nn.utils.clip_grad_norm_, but if an element is NaN or infinite the gradients
    come back unchanged: PyTorch would turn all of them into zeros or NaN and hide where it began.
    """
    unit, root, scaled = _in_units(grads)
    if isinstance(root, float):
        return dict(grads)
    xp = namespace(root)
    with np.errstate(all="ignore"):
        size, most = root + _MARGIN / unit, limit / unit
        clipped, target = xp.isfinite(root) & (most < size), limit / size
        if library(root) == "numpy" and not clipped:
            return dict(grads)
        return {
            name: xp.where(clipped, cast(g * cast(target, g.dtype), grads[name].dtype), grads[name])
            for name, g in scaled.items()
        }


def _in_units(grads: Mapping[str, Any]) -> tuple[Any, Any, dict[str, Any]]:
    """(largest absolute element, norm divided by it, gradients divided by it).

    The divisor is 1 if the largest is not finite.
    """
    wide = {name: cast(g, working_dtype(g)) for name, g in grads.items()}
    filled = [g for g in wide.values() if prod(shape(g))]
    if not filled:
        return 0.0, 0.0, wide
    xp = namespace(*filled)
    largest = reduce(xp.maximum, [xp.maximum(xp.max(g), -xp.min(g)) for g in filled])
    unit = xp.where(xp.isfinite(largest), xp.maximum(largest, _TINY), xp.ones_like(largest))
    scaled = {name: g / cast(unit, g.dtype) for name, g in wide.items()}
    squares = [xp.sum(xp.square(g)) for g in scaled.values()]
    return unit, xp.asarray(xp.sqrt(sum(squares[1:], start=squares[0]))), scaled


@dataclass(frozen=True)
class ClipByValue:
    """Every element of the gradients into [-limit, limit]; see `clip_by_value`."""

    limit: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "limit", within("ClipByValue", "limit", self.limit, "(0, inf)"))

    def __call__(self, grads: Mapping[str, Any]) -> dict[str, Any]:
        return clip_by_value(grads, self.limit)

    def cost(self) -> Count:
        """Two comparisons for each element."""
        return Count(cheap=2)


@dataclass(frozen=True)
class ClipByNorm:
    """The gradients scaled down so that their global norm is at most `limit`; `clip_by_norm`."""

    limit: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "limit", within("ClipByNorm", "limit", self.limit, "(0, inf)"))

    def __call__(self, grads: Mapping[str, Any]) -> dict[str, Any]:
        return clip_by_norm(grads, self.limit)

    def cost(self) -> Count:
        """For each element maximum, minimum, division, square, sum, product, and a selection."""
        return Count(flop=4, cheap=3)
