"""Running the rule of an optimizer on one array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.arrays import HALF, cast, dtype_name, library

Rule = Callable[..., tuple[Any, ...]]

BLOCK = 2**17


def working_dtype(w: Any) -> str:
    """The name of the dtype in which a parameter is worked on: float32 for half precision."""
    name = dtype_name(w)
    return "float32" if name in HALF else name


def apply(rule: Rule, w: Any, g: Any, slots: list[Any], scalars: dict[str, Any]) -> list[Any]:
    """[new weight, *new slots] of the rule."""
    run = _in_blocks if library(w) == "numpy" else _whole
    return run(rule, w, g, slots, scalars)


def _whole(rule: Rule, w: Any, g: Any, slots: list[Any], scalars: dict[str, Any]) -> list[Any]:
    """Scalars are cast, so that a float32 learning rate does not widen or narrow anything."""
    dtype = working_dtype(w)
    own = {k: v if isinstance(v, float) else cast(v, dtype) for k, v in scalars.items()}
    new, *kept = rule(cast(w, dtype), cast(g, dtype), *slots, **own)
    return [cast(new, w.dtype), *kept]


def _in_blocks(rule: Rule, w: Any, g: Any, slots: list[Any], scalars: dict[str, Any]) -> list[Any]:
    """The same in blocks of 128 KiB: the intermediate arrays of the formula stay in the cache."""
    arrays = [np.ascontiguousarray(x).reshape(-1) for x in (w, g, *slots)]
    outputs = [np.empty_like(x) for x in (arrays[0], *arrays[2:])]
    length = BLOCK // arrays[0].itemsize
    for start in range(0, arrays[0].size, length):
        part = slice(start, start + length)
        first, second, *rest = (x[part] for x in arrays)
        for output, new in zip(outputs, _whole(rule, first, second, rest, scalars), strict=True):
            output[part] = new
    return [x.reshape(w.shape) for x in outputs]
