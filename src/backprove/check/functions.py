"""Definitions of common mathematical functions, which frameworks have and we have no operator for.

Each is an elementwise definition and nothing else: it is evaluated with mpmath, never trained.
Outside of its domain a function gives NaN.
"""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import mpmath

from backprove.cases import Case, uniform
from backprove.check.formulas import FORMULAS
from backprove.op import Op

WAVY = ("sin", "cos", "tan")


class Function(Op):
    """A function of one number that only has a definition.

    `exact` names its formula; a `wavy` one has no limit at infinity.
    """

    elementwise = True
    stateless = True
    exact: ClassVar[str]
    wavy: ClassVar[bool]
    CASES = (Case((uniform(3, 4, low=0.1, high=0.9),)),)

    def forward(self, x: Any) -> Any:
        raise NotImplementedError

    def backward(self, dy: Any) -> Any:
        raise NotImplementedError

    def definition(self, m: Any, x: Any) -> Any:
        """The formula at every point, NaN where it is not real."""
        formula = FORMULAS[self.exact]
        return m.vectorised(lambda v: _real(formula, v))(x)


def _real(formula: Any, v: Any) -> Any:
    try:
        found = formula(mpmath.mp, v)
    except (ArithmeticError, ValueError):
        return mpmath.nan
    return mpmath.nan if isinstance(found, mpmath.mpc) else mpmath.mpf(found)


@cache
def function(name: str) -> type[Function] | None:
    """The definition of a function by the name that most libraries give it, None if unknown."""
    if name not in FORMULAS:
        return None
    return type(name, (Function,), {"exact": name, "wavy": name in WAVY})
