"""The error functions of each array library, none of which is in the Array API standard."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from backprove.errors import DTypeError


def function(library: str, name: str) -> Callable[[Any], Any]:
    """`erf` or `erfc` of a library. Raises DTypeError if that library has none."""
    if library == "numpy":
        import scipy.special

        return getattr(scipy.special, name)  # type: ignore[no-any-return]
    if library == "jax.numpy":
        import jax.scipy.special

        return getattr(jax.scipy.special, name)  # type: ignore[no-any-return]
    if library == "torch":
        return getattr(sys.modules["torch"].special, name)  # type: ignore[no-any-return]
    if library == "paddle":
        return _paddle_erfc if name == "erfc" else sys.modules["paddle"].erf
    if library == "cupy":
        special = sys.modules.get("cupyx.scipy.special")
        if special is not None:
            return getattr(special, name)  # type: ignore[no-any-return]
    raise DTypeError(
        "{name} is not in the Array API standard and {library} has no such function: "
        "use numpy, jax, torch or paddle arrays",
        name=name,
        library=library,
    )


def _paddle_erfc(x: Any) -> Any:
    """erfc(x) = Q(1/2, x*x) for x > 0, with Q the regularised upper incomplete gamma function.

    Paddle's gammaincc refuses NaN, makes NaN of infinity, and its own derivative is infinite at 0.
    So it is given 1 wherever erf serves, and nothing above 30, where erfc is 0 in every dtype.
    """
    paddle = sys.modules["paddle"]
    positive = paddle.clip(paddle.where(x > 0.5, x, paddle.ones_like(x)), 0.5, 30.0)
    tail = paddle.gammaincc(paddle.full_like(x, 0.5), positive * positive)
    return paddle.where(x > 0.5, tail, 1 - paddle.erf(x))
