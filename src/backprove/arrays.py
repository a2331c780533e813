"""The few array functions that NumPy, JAX, PyTorch, CuPy and Paddle do not share.

`namespace(x)` answers the Array API functions for the library of `x`. It looks only among
libraries that are already loaded and imports none, so backprove works without any of them.
NumPy, JAX, CuPy and array-api-strict follow the standard (https://data-apis.org/array-api);
for PyTorch and Paddle a thin adapter bends the handful of functions that operators use.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from backprove.errors import DTypeError

HALF = ("float16", "bfloat16")
FLOATING = (*HALF, "float32", "float64")


class Array(Protocol):
    """What operators ask of an array: shape, dtype and arithmetic."""

    @property
    def shape(self) -> Any: ...
    @property
    def dtype(self) -> Any: ...
    @property
    def ndim(self) -> int: ...
    def __getitem__(self, key: Any, /) -> Any: ...
    def __neg__(self) -> Any: ...
    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...
    def __rtruediv__(self, other: Any, /) -> Any: ...
    def __pow__(self, other: Any, /) -> Any: ...
    def __matmul__(self, other: Any, /) -> Any: ...
    def __lt__(self, other: Any, /) -> Any: ...
    def __le__(self, other: Any, /) -> Any: ...
    def __gt__(self, other: Any, /) -> Any: ...
    def __ge__(self, other: Any, /) -> Any: ...


_MODULES = {
    "numpy": "numpy",
    "ml_dtypes": "numpy",
    "jax": "jax.numpy",
    "jaxlib": "jax.numpy",
    "cupy": "cupy",
    "array_api_strict": "array_api_strict",
    "torch": "torch",
    "paddle": "paddle",
}


def library(x: Any) -> str | None:
    """The name of the library that `x` is an array of; None for a Python number or None."""
    kind: Any = type(x)
    return _library_of(kind)


@cache
def _library_of(kind: Any) -> str | None:
    for cls in kind.__mro__[:-1]:
        top = cls.__module__.partition(".")[0]
        if top in _MODULES:
            return _MODULES[top]
    return None


def namespace(*arrays: Any) -> Any:
    """The Array API functions of the library that the arrays belong to.

    Python numbers and None are passed over. Raises DTypeError if no argument is an array, or if
    the arrays belong to two libraries.
    """
    found = {name for name in map(library, arrays) if name is not None}
    if len(found) > 1:
        raise DTypeError(
            "expected arrays of one library, found {found} in one call: convert one side first",
            found=" and ".join(sorted(found)),
        )
    if not found:
        raise DTypeError(
            "expected an array of numpy, jax, torch, paddle or cupy, found {found}: "
            "wrap it with numpy.asarray",
            found=", ".join(type(x).__name__ for x in arrays),
        )
    return _namespace_of(found.pop())


def _namespace_of(name: str) -> Any:
    module = sys.modules[name]
    if name in ("torch", "paddle"):
        from backprove import _adapters

        return _adapters.adapter(name, module)
    return module


def shape(x: Any) -> tuple[int, ...]:
    """The shape as a tuple of ints (Paddle gives a list)."""
    return tuple(int(n) for n in x.shape)


def dtype_name(x: Any) -> str:
    """The plain name of the dtype: "float32", whatever the library calls it."""
    kind: Any = type(x.dtype)
    return _plain_name(kind, x.dtype)


@cache
def _plain_name(kind: Any, dtype: Any) -> str:
    """Looked up once a dtype; `kind` keeps those of two libraries from being compared."""
    return str(getattr(dtype, "name", dtype)).rpartition(".")[2].lower()


def is_floating(x: Any) -> bool:
    """Whether `x` is an array of a floating dtype."""
    return library(x) is not None and dtype_name(x) in FLOATING


def cast(x: Any, dtype: Any) -> Any:
    """`x` with another dtype, given as that library's dtype or by name."""
    xp = namespace(x)
    if isinstance(dtype, str):
        dtype = _dtype_by_name(xp, dtype)
    return x if x.dtype == dtype else xp.astype(x, dtype)


def _dtype_by_name(xp: Any, name: str) -> Any:
    found = getattr(xp, name, None)
    if found is None and name == "bfloat16":
        import ml_dtypes

        return ml_dtypes.bfloat16
    return found


def sum_to_shape(x: Any, target: tuple[int, ...]) -> Any:
    """Sum `x` over the axes that broadcasting added or stretched: the adjoint of broadcast_to."""
    current = shape(x)
    if current == target:
        return x
    xp = namespace(x)
    extra = len(current) - len(target)
    axes = tuple(range(extra)) + tuple(
        extra + i for i, n in enumerate(target) if n == 1 and current[extra + i] != 1
    )
    return xp.reshape(xp.sum(x, axis=axes) if axes else x, target)


def erf(x: Any) -> Any:
    """The error function, 2/sqrt(pi) times the integral of exp(-t*t) from 0 to x."""
    return _special(x, "erf")(x)


def erfc(x: Any) -> Any:
    """1 - erf(x) without cancellation for large x."""
    return _special(x, "erfc")(x)


def _special(x: Any, name: str) -> Callable[[Any], Any]:
    from backprove import _special

    return _special.function(library(x) or "", name)
