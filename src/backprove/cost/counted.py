"""Counting what a NumPy program really computes, for operators without a formula.

`Counted` is an array that counts the operations of everything that is done with it, in the terms
of `counts`: each element of a function is one operation, a sum of n numbers to m is n - m. Turning
a sign, joining masks, casts, shapes and copies are free. A matrix product counts multiply-adds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import prod
from typing import Any, NamedTuple

import numpy as np

from backprove import random
from backprove.cost.watched_array import Seen, WatchedArray
from backprove.counts import Count
from backprove.errors import ContractError
from backprove.op import Op

_FLOP = "add subtract multiply divide true_divide square reciprocal"
_TRANS = (
    "exp expm1 exp2 log log1p log2 log10 power float_power sqrt cbrt tanh sinh cosh sin cos tan "
    "arctan arctan2 erf erfc expit logaddexp"
)
_CHEAP = (
    "absolute fabs maximum minimum fmax fmin sign where isfinite isnan isinf less less_equal "
    "greater greater_equal equal not_equal clip floor ceil rint heaviside"
)
_FREE = (
    "negative positive conjugate bitwise_and bitwise_or logical_and logical_or logical_not invert"
)
KIND_OF = {
    name: kind
    for kind, names in {"flop": _FLOP, "trans": _TRANS, "cheap": _CHEAP, "": _FREE}.items()
    for name in names.split()
}
LARGEST = 2**24
"""The most elements of inputs and parameters that are run for the sake of counting."""

_executed: ContextVar[Counter[str] | None] = ContextVar("executed", default=None)


class Uncountable(Exception):
    """A function of which it is not known how much it computes."""


class Counted(WatchedArray):
    """A NumPy array whose functions are counted while `counting` runs."""

    def _saw(self, seen: Seen) -> None:
        _add(seen)

    def __array_function__(self, function: Any, types: Any, inputs: Any, keywords: Any) -> Any:
        if function in (np.einsum, np.dot, np.inner, np.outer, np.tensordot, np.vdot, np.convolve):
            raise Uncountable(function.__name__)
        found = super().__array_function__(function, types, inputs, keywords)
        if function is np.where and len(inputs) > 1:
            _tally("cheap", np.size(found))
        return Counted.of(found) if isinstance(found, np.ndarray) else found


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Count what is done with `Counted` arrays inside."""
    tally: Counter[str] = Counter()
    token = _executed.set(tally)
    try:
        yield tally
    finally:
        _executed.reset(token)


def counted(run: Callable[[], Any]) -> tuple[Any, Count]:
    """(result, operations) of a function of `Counted` arrays."""
    with counting() as tally, np.errstate(all="ignore"):
        found = run()
    return found, Count(**tally)


class Executed(NamedTuple):
    """What a run computed, and the bytes of the arrays that it left for backward."""

    forward: Count
    backward: Count
    saved: int


def executed(
    op: Op, inputs: list[Any], values: dict[str, Any], input_grad: bool = True
) -> Executed:
    """What forward and backward of an operator execute on these arrays.

    Raises ContractError if the operator fails or computes what cannot be counted.
    """
    seen = [Counted.of(x) for x in inputs]
    named = {k: Counted.of(v) if k in op.parameters() else v for k, v in values.items()}
    try:
        (y, saved), forward = counted(lambda: op.fwd(*seen, **named))
        dy = Counted.of(np.ones_like(np.asarray(y)))
        _, backward = counted(lambda: op.bwd(saved, dy, input_grad=input_grad))
    except Exception as error:
        raise ContractError(
            "the operations of {cls} cannot be counted by running it ({kind}: {error}): "
            "write cost(self, *shapes)",
            cls=type(op).__name__,
            kind=type(error).__name__,
            error=str(error),
        ) from error
    return Executed(forward, backward, _bytes(saved, {id(v) for v in named.values()}))


def run_of(op: Op, shapes: tuple[tuple[int, ...], ...], input_grad: bool) -> Executed | None:
    """A run on random inputs of these shapes; None if it is too large, fails or cannot be counted.

    Operators that bring their own parameters are run with them.
    """
    size = sum(map(prod, shapes)) + sum(prod(p.shape) for p in op.parameters().values())
    if size > LARGEST:
        return None
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    context = {"training": True, "key": random.key(0)}
    given = {k: v for k, v in context.items() if k in op.signature.context}
    try:
        return executed(op, inputs, {**op.init(), **given}, input_grad)
    except ContractError:
        return None


def _bytes(saved: Any, skipped: set[int]) -> int:
    """The bytes of all arrays in a structure, each once."""
    if id(saved) in skipped:
        return 0
    skipped.add(id(saved))
    if isinstance(saved, np.ndarray):
        return int(saved.nbytes)
    if isinstance(saved, dict):
        return sum(_bytes(v, skipped) for v in saved.values())
    if isinstance(saved, list | tuple):
        return sum(_bytes(v, skipped) for v in saved)
    return 0


def _add(seen: Seen) -> None:
    ufunc, method, inputs, found, _ = seen
    size = int(np.size(found))
    if ufunc is np.matmul:
        mac = size * int(np.shape(inputs[0])[-1])
        _tally("mac", mac)
        _tally("flop", max(2 * mac - size, 0))
        return
    if ufunc.__name__ not in KIND_OF or method not in ("__call__", "reduce"):
        raise Uncountable(f"{ufunc.__name__}.{method}")
    kind = KIND_OF[ufunc.__name__]
    if kind:
        _tally(kind, size if method == "__call__" else max(int(np.size(inputs[0])) - size, 0))


def _tally(kind: str, amount: int) -> None:
    tally = _executed.get()
    if tally is not None:
        tally[kind] += amount
