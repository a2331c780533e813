"""The exact reference: an operator's written definition, evaluated with many digits.

`Op.definition(m, x, ...)` is the plain formula, without tricks against overflow or cancellation:
`m` computes with mpmath numbers in NumPy arrays of objects, where neither happens. Derivatives
are central differences with a step of 1e-25 at 80 digits, so their error is below 1e-45 wherever
the definition is smooth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np

from backprove.op import Op

DIGITS = 80
STEP = mpmath.mpf(10) ** -25


class HighPrecision:
    """Array functions on mpmath numbers, under the names of the Array API."""

    pi = mpmath.pi
    inf = mpmath.inf

    def __getattr__(self, name: str) -> Callable[..., Any]:
        function = getattr(mpmath, name)
        vectorised: Callable[..., Any] = np.frompyfunc(
            lambda *xs: function(*map(_number, xs)), _arity(name), 1
        )
        return vectorised

    def vectorised(self, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A function of one number as one of arrays."""
        found: Callable[[Any], Any] = np.frompyfunc(function, 1, 1)
        return found

    def array(self, x: Any) -> Any:
        """An array of mpmath numbers."""
        return np.frompyfunc(_number, 1, 1)(np.asarray(x))

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        return np.where(np.asarray(condition, dtype=bool), a, b)

    def maximum(self, a: Any, b: Any) -> Any:
        return np.maximum(a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        return np.minimum(a, b)

    def abs(self, x: Any) -> Any:
        return np.abs(x)

    def matmul(self, a: Any, b: Any) -> Any:
        return np.matmul(a, b)

    def sum(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.sum(x, axis=axis, keepdims=keepdims)

    def mean(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.sum(x, axis=axis, keepdims=keepdims) / _length(x, axis)

    def max(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return np.max(x, axis=axis, keepdims=keepdims)


def _length(x: Any, axis: Any) -> int:
    if axis is None:
        return int(np.size(x))
    axes = axis if isinstance(axis, tuple) else (axis,)
    return int(np.prod([x.shape[a] for a in axes]))


def _arity(name: str) -> int:
    return 2 if name in ("power", "atan2") else 1


def _number(x: Any) -> Any:
    return x if isinstance(x, mpmath.mpf) else mpmath.mpf(float(x))


def _floating(x: Any) -> bool:
    return x is not None and np.issubdtype(np.asarray(x).dtype, np.floating)


def evaluate(op: Op, *inputs: Any, **values: Any) -> Any:
    """The definition's value as an array of mpmath numbers."""
    with mpmath.workdps(DIGITS):
        return np.asarray(_definition(op, _exact(inputs, values)), dtype=object)


def _exact(inputs: tuple[Any, ...], values: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    m = HighPrecision()
    lifted = [m.array(x) if _floating(x) else x for x in inputs]
    named = {k: m.array(v) if _floating(v) else v for k, v in values.items()}
    return lifted, named


def _definition(op: Op, arguments: tuple[list[Any], dict[str, Any]]) -> Any:
    definition: Any = op
    return definition.definition(HighPrecision(), *arguments[0], **arguments[1])


def gradients(
    op: Op, dy: Any, *inputs: Any, **values: Any
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The derivative of sum(dy * y) by every floating input and named value."""
    with mpmath.workdps(DIGITS):
        m = HighPrecision()
        lifted, named = _exact(inputs, values)
        upstream = m.array(dy)
        by_input = tuple(
            _gradient(op, upstream, lifted, named, lifted, i) if _floating(x) else None
            for i, x in enumerate(inputs)
        )
        by_name = {
            k: _gradient(op, upstream, lifted, named, named, k)
            for k in op.signature.parameters
            if k in named and _floating(values[k])
        }
        return by_input, by_name


def _gradient(op: Op, dy: Any, lifted: Any, named: Any, holder: Any, key: Any) -> Any:
    x = holder[key]
    result = np.empty(x.shape, dtype=object)

    def objective(moved: Any) -> Any:
        holder[key] = moved
        try:
            return dy * _definition(op, (lifted, named))
        finally:
            holder[key] = x

    if op.elementwise and dy.shape == x.shape:
        return np.asarray((objective(x + STEP) - objective(x - STEP)) / (2 * STEP), dtype=object)
    for index in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[index] += STEP
        down[index] -= STEP
        difference = np.sum(objective(up) - objective(down))
        result[index] = difference / (2 * STEP)
    return result


def to_float(x: Any, dtype: str = "float64") -> Any:
    """mpmath numbers rounded to an array of floats."""
    return np.array(np.frompyfunc(float, 1, 1)(x), dtype=dtype)
