"""Formulas of one number, with the functions of mpmath (`m`), by the libraries' names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

FORMULAS: dict[str, Callable[[Any, Any], Any]] = {
    "abs": lambda m, x: abs(x),
    "absolute": lambda m, x: abs(x),
    "neg": lambda m, x: -x,
    "negative": lambda m, x: -x,
    "square": lambda m, x: x * x,
    "reciprocal": lambda m, x: 1 / x,
    "sqrt": lambda m, x: m.sqrt(x),
    "rsqrt": lambda m, x: 1 / m.sqrt(x),
    "cbrt": lambda m, x: m.sign(x) * m.cbrt(abs(x)),
    "expm1": lambda m, x: m.expm1(x),
    "exp2": lambda m, x: m.mpf(2) ** x,
    "log1p": lambda m, x: m.log1p(x),
    "log2": lambda m, x: m.log(x) / m.log(2),
    "log10": lambda m, x: m.log10(x),
    "sin": lambda m, x: m.sin(x),
    "cos": lambda m, x: m.cos(x),
    "tan": lambda m, x: m.tan(x),
    "asin": lambda m, x: m.asin(x),
    "acos": lambda m, x: m.acos(x),
    "atan": lambda m, x: m.atan(x),
    "arcsin": lambda m, x: m.asin(x),
    "arccos": lambda m, x: m.acos(x),
    "arctan": lambda m, x: m.atan(x),
    "sinh": lambda m, x: m.sinh(x),
    "cosh": lambda m, x: m.cosh(x),
    "asinh": lambda m, x: m.sign(x) * m.log(abs(x) + m.sqrt(x * x + 1)),
    "acosh": lambda m, x: m.acosh(x),
    "atanh": lambda m, x: m.atanh(x),
    "arcsinh": lambda m, x: m.sign(x) * m.log(abs(x) + m.sqrt(x * x + 1)),
    "arccosh": lambda m, x: m.acosh(x),
    "arctanh": lambda m, x: m.atanh(x),
    "erf": lambda m, x: m.erf(x),
    "erfc": lambda m, x: m.erfc(x),
    "logit": lambda m, x: m.log(x / (1 - x)),
    "squareplus": lambda m, x: (x + m.sqrt(x * x + 4)) / 2,
    "sparse_plus": lambda m, x: 0 if x <= -1 else x if x >= 1 else (x + 1) ** 2 / 4,
    "sparse_sigmoid": lambda m, x: 0 if x <= -1 else 1 if x >= 1 else (x + 1) / 2,
    "log1mexp": lambda m, x: m.log(-m.expm1(-x)),
    "identity": lambda m, x: x,
    "stanh": lambda m, x: m.mpf(1.7159) * m.tanh(m.mpf(0.67) * x),
}
