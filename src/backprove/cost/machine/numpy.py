"""An array function of a given size as NumPy runs it, ready to be timed.

Results are allocated anew, as operators do. The right operand of a matrix product is taken from
several in turn, together larger than a core's cache: in a training step each weight is used once.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable
from functools import cache
from math import prod
from typing import Any

import numpy as np
from scipy import special

from backprove.cost.machine.calls import COPY, FRESH, MATMUL, Call, Recorded, calls_of
from backprove.cost.machine.clock import Timed

ROTATED = 2**23
"""The bytes of the right operands that are taken in turn."""
MOST = 16
NORMAL = (9.0, 1.282, 0.842, 0.524, 0.253, 0.0)
"""Above these, 0, 1 ... 5 tenths of normal numbers lie."""
ALIVE = 4


def prepare(call: Call) -> Timed:
    """The call on random numbers."""
    if call.name == MATMUL:
        return _matmul(call)
    if call.name == COPY:
        return _copy(call.size[0])
    if call.name == FRESH:
        return _repeated(lambda: np.full(call.size, 1, np.uint8), call.size[0])
    if call.name == "operator":
        return Timed(small(call.kind), 1, _forget)
    return _repeated(_function(call), call.elements)


def _kept(run: Callable[[], Any]) -> Timed:
    """The last results stay alive, as those of a training step do: so memory is really taken."""
    alive: deque[Any] = deque(maxlen=ALIVE)
    return Timed(lambda: alive.append(run()))


def _repeated(run: Callable[[], Any], elements: int) -> Timed:
    """Short calls are timed many at once."""
    calls = max(20_000 // max(elements, 1), 1)
    if calls == 1:
        return _kept(run)

    def several() -> None:
        for _ in range(calls):
            run()

    return Timed(several, calls)


def _function(call: Call) -> Callable[[], Any]:
    where = call.name == "where"
    if where or call.name == "concatenate":
        a, b = _array(call.size, call.dtype, 0), _array(call.size, call.dtype, 1)
        mask = _array(call.size, "float32", 2) > (NORMAL[int(call.kind)] if where else 0)
        half = call.size[0] // 2
        parts = [a[:half], b[half:]]
        return (lambda: np.where(mask, a, b)) if where else _joined(parts)
    function: Any = getattr(np, call.name, getattr(special, call.name, None))
    if not isinstance(function, np.ufunc) or function.nin > 2:
        function = np.add if call.kind != "1" else np.negative
    if call.kind in ("first", "last"):
        shape = call.size if call.kind == "last" else call.size[::-1]
        x = _array(shape, call.dtype, 0)
        return lambda: function.reduce(x, axis=-1 if call.kind == "last" else 0)
    x, y = _array(call.size, call.dtype, 0), _array(call.size, call.dtype, 1)
    if function.nin == 1:
        positive = np.abs(x) if call.name.startswith(("sqrt", "log")) else x
        return lambda: function(positive)
    other = y if call.kind == "2" else y[:1]
    return lambda: function(x, other)


def _joined(parts: list[Any]) -> Callable[[], Any]:
    return lambda: np.concatenate(parts)


def _matmul(call: Call) -> Timed:
    m, k, n = call.size
    left = _array((k, m), call.dtype, 0).T if call.kind[0] == "t" else _array((m, k), call.dtype, 0)
    shape, turned = ((n, k), True) if call.kind[1] == "t" else ((k, n), False)
    count = min(max(ROTATED // (4 * k * n), 1), MOST)
    rights = [_array(shape, call.dtype, i) for i in range(1, count + 1)]
    views = [w.T if turned else w for w in rights]
    turn = itertools.cycle(views)
    return _repeated(lambda: left @ next(turn), m * k * n // 200)


def _copy(size: int) -> Timed:
    """Reading two arrays and writing one that is there: `size` bytes in all."""
    n = max(size // 12, 1)
    a, b = _array((n,), "float32", 0), _array((n,), "float32", 1)
    out = np.empty_like(a)
    return _repeated(lambda: np.add(a, b, out=out), n)


def small(kind: str) -> Callable[[], Any]:
    """An operator on hardly any data, whose time is dispatch: of "few" functions or of "many"."""
    from backprove.ops.activation.leaky_relu import LeakyReLU
    from backprove.ops.loss.cross_entropy import CrossEntropy

    x, target = np.ones((1, 2), np.float32), np.zeros(1, np.int64)
    op, inputs = (LeakyReLU(), (x,)) if kind == "few" else (CrossEntropy(), (x, target))
    return lambda: op.fwd(*inputs)


@cache
def executes(kind: str) -> int:
    """How many array functions that operator executes."""
    from backprove.ops.activation.leaky_relu import LeakyReLU
    from backprove.ops.loss.cross_entropy import CrossEntropy

    x, target = Recorded.of(np.ones((1, 2), np.float32)), Recorded.of(np.zeros(1, np.int64))
    op, inputs = (LeakyReLU(), (x,)) if kind == "few" else (CrossEntropy(), (x, target))
    return calls_of(lambda: op.fwd(*inputs))[1].total()


def _forget() -> None:
    """Drive what was used before out of the caches."""
    _drawn_long().sum()


@cache
def _drawn_long() -> Any:
    return np.ones(ROTATED // 4, np.float32)


@cache
def _drawn() -> Any:
    return np.random.default_rng(0).standard_normal(2**16).astype(np.float32)


def _array(shape: tuple[int, ...], dtype: str, seed: int) -> Any:
    """Normal numbers, other ones for each seed; their signs for booleans, sizes for integers."""
    x = np.resize(np.roll(_drawn(), 977 * seed), prod(shape)).reshape(shape)
    if dtype == "bool":
        return x > 0
    return np.abs(x * 100).astype(dtype) if np.dtype(dtype).kind in "iu" else x.astype(dtype)
