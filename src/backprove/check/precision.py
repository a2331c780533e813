"""Floating types: unit roundoff, limits, and numbers with more digits than any of them."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import ml_dtypes
import mpmath
import numpy as np

from backprove.oracle.wire import numpy_dtype

DTYPES = ("float64", "float32", "bfloat16", "float16")
Wide = np.longdouble


class Limits(NamedTuple):
    """What a dtype can hold. `floor` is an error that nobody is blamed for: numbers below the
    smallest normal one may be flushed to 0."""

    unit: float
    largest: float
    normal: float
    denormal: float
    floor: float


@cache
def limits(dtype: str) -> Limits:
    """The limits of a dtype by name."""
    finfo: Any = ml_dtypes.finfo
    info = finfo(numpy_dtype(dtype))
    unit, normal = float(info.eps) / 2, float(info.tiny)
    floor = 8 * float(info.smallest_subnormal) if dtype == "float16" else normal
    return Limits(unit, float(info.max), normal, float(info.smallest_subnormal), floor)


def to_wide(numbers: Any) -> Any:
    """Exact numbers rounded to an array of the widest float, NaN for complex ones."""
    flat = [_wide(v) for v in np.asarray(numbers, dtype=object).ravel()]
    return np.array(flat, dtype=Wide).reshape(np.shape(numbers))


def _wide(v: Any) -> Any:
    if isinstance(v, mpmath.mpc):
        return Wide("nan") if v.imag else _wide(v.real)
    if not isinstance(v, mpmath.mpf) or not mpmath.isfinite(v):
        return Wide(float(v))
    mantissa, exponent = mpmath.frexp(v)
    high = float(mantissa)
    return np.ldexp(
        Wide(high) + Wide(float(mantissa - high)), min(max(int(exponent), -30000), 30000)
    )


def ulps(error: Any, exact: Any, dtype: str) -> float:
    """An error counted in units in the last place of the exact value."""
    lim = limits(dtype)
    size = max(abs(float(exact)), lim.normal)
    if not np.isfinite(size):
        return float("inf")
    spacing = float(2.0 ** np.floor(np.log2(size)) * 2 * lim.unit)
    with np.errstate(all="ignore"):
        return float(np.float64(error) / max(spacing, lim.denormal))
