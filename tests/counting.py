"""A NumPy array that counts what is computed with it, to hold an operator's `cost` against."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.counts import Count
from backprove.op import Op

KINDS = {
    **dict.fromkeys(("add", "subtract", "multiply", "divide"), "flop"),
    **dict.fromkeys(("exp", "expm1", "log", "log1p", "power", "sqrt", "tanh"), "trans"),
    **dict.fromkeys(("absolute", "maximum", "minimum", "sign", "where", "isfinite"), "cheap"),
    **dict.fromkeys(("less", "less_equal", "greater", "greater_equal"), "cheap"),
    **dict.fromkeys(("equal", "not_equal"), "cheap"),
}
FREE = ("negative", "bitwise_and", "bitwise_or")
executed: Counter[str] = Counter()


class Counting(np.ndarray):
    """An array whose functions are counted, an element each; n numbers are reduced to m by n - m.

    A function that `KINDS` and `FREE` do not name is an error. Turning a sign and joining two masks
    are free, as are shapes and copies.
    """

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **keywords):
        plain = [np.asarray(x) if isinstance(x, Counting) else x for x in inputs]
        found = np.asarray(getattr(ufunc, method)(*plain, **keywords))
        if ufunc is np.matmul:
            mac = found.size * plain[0].shape[-1]
            executed.update(mac=mac, flop=2 * mac - found.size)
        elif ufunc.__name__ not in FREE:
            steps = found.size if method == "__call__" else plain[0].size - found.size
            executed[KINDS[ufunc.__name__]] += steps
        return found.view(Counting)

    def __array_function__(self, function, types, inputs, keywords):
        found = super().__array_function__(function, types, inputs, keywords)
        if function is np.where:
            executed["cheap"] += found.size
        return np.asarray(found).view(Counting) if isinstance(found, np.ndarray) else found


def _counted(run: Callable[[], Any]) -> tuple[Any, Count]:
    executed.clear()
    found = run()
    return found, Count(**executed)


def counts(op: Op, inputs: list[Any], values: dict[str, Any], dy: Any) -> tuple[Count, Count]:
    """What forward and backward execute; draws of random numbers are not seen."""
    seen = [x.view(Counting) for x in inputs]
    named = {k: v.view(Counting) if k in op.signature.parameters else v for k, v in values.items()}
    (_, saved), forward = _counted(lambda: op.fwd(*seen, **named))
    _, backward = _counted(lambda: op.bwd(saved, dy.view(Counting)))
    return forward, backward
