"""LeakyReLU with the right formula that mistreats some arrays: their layout, size or dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.ops import LeakyReLU
from benchmarks.check.mutant import Mutant, Witness, changed

RIGHT = LeakyReLU.backward
FORWARD = LeakyReLU.forward


def _after_use(self: Any, dy: Any, *, x: Any) -> Any:
    dx = np.array(RIGHT(self, dy, x=x))
    dy[...] = 0
    return dx


def _contiguous_only(self: Any, dy: Any, *, x: Any) -> Any:
    dx = RIGHT(self, dy, x=x)
    return dx if dy.flags.c_contiguous else np.zeros_like(dx)


def _through(dtype: str) -> Any:
    def backward(self: Any, dy: Any, *, x: Any) -> Any:
        with np.errstate(over="ignore", under="ignore"):
            narrow = RIGHT(self, dy.astype(dtype), x=x.astype(dtype))
        return narrow.astype(dy.dtype)

    return backward


def _axes_only(self: Any, dy: Any, *, x: Any) -> Any:
    dx = RIGHT(self, dy, x=x)
    return dx if np.ndim(dx) else np.zeros_like(dx)


def _small_dropped(self: Any, dy: Any, *, x: Any) -> Any:
    return np.where(np.abs(dy) < 1e-6, np.zeros_like(dy), RIGHT(self, dy, x=x))


def _tail_doubled(self: Any, dy: Any, *, x: Any) -> Any:
    dx = np.array(RIGHT(self, dy, x=x))
    flat = dx.reshape(-1)
    flat[flat.size - flat.size % 8 :] *= 2
    return flat.reshape(dx.shape)


def _input_scaled(self: Any, x: Any) -> Any:
    y = FORWARD(self, x)
    x *= np.asarray(1.0000001, dtype=x.dtype)
    return y


def _one_of_thousand(self: Any, dy: Any, *, x: Any) -> Any:
    dx = np.array(RIGHT(self, dy, x=x))
    dx.reshape(-1)[617:618] *= np.asarray(1.01, dtype=dx.dtype)
    return dx


def _of(number: str, change: str, witness: Witness, **more: Any) -> Mutant:
    methods = {k: more.pop(k) for k in ("forward", "backward") if k in more}
    return Mutant(number, LeakyReLU, changed(LeakyReLU, **methods), change, witness, **more)


DX = "gradient of x"
EIGHT = np.linspace(-2.0, 2.0, 8)

MUTANTS = (
    _of(
        "M10",
        "backward overwrites the upstream gradient with 0 after use",
        Witness("dy changed", ([1.0],)),
        backward=_after_use,
    ),
    _of(
        "M12",
        "gradient 0 when the upstream gradient is not contiguous",
        Witness(DX, (EIGHT.reshape(2, 4),), strided=True),
        backward=_contiguous_only,
    ),
    _of(
        "M13",
        "backward computed in float32 and cast back",
        Witness(DX, ([0.1],), dy=1 / 3),
        backward=_through("float32"),
    ),
    _of(
        "M14",
        "backward computed in float16 and cast back",
        Witness(DX, ([1.0],), dy=0.1),
        backward=_through("float16"),
    ),
    _of("M15", "gradient 0 for a 0-d array", Witness(DX, (1.0,)), backward=_axes_only),
    _of(
        "M16",
        "gradient 0 where |dy| < 1e-6",
        Witness(DX, ([1.0],), dy=1e-30),
        backward=_small_dropped,
    ),
    _of(
        "M17",
        "gradient doubled in the last n mod 8 elements",
        Witness(DX, (EIGHT[:7],)),
        backward=_tail_doubled,
        shape=(4, 4),
    ),
    _of(
        "M18",
        "forward multiplies its input array by 1.0000001",
        Witness("x changed", ([1.0],)),
        forward=_input_scaled,
    ),
    _of(
        "M19",
        "one element of 1000 gets a gradient 1 percent too large",
        Witness(DX, (np.linspace(-2.0, 2.0, 1000),)),
        backward=_one_of_thousand,
        shape=(1000,),
    ),
)
