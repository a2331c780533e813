"""LeakyReLU with a wrong formula."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.ops import LeakyReLU
from benchmarks.check.mutant import Mutant, Witness, changed

RIGHT = LeakyReLU.backward
FORWARD = LeakyReLU.forward


def _backward(at: Any, becomes: Any) -> Any:
    """A backward whose gradient is `becomes(dy, dx)` where `at(x)` holds."""

    def backward(self: Any, dy: Any, *, x: Any) -> Any:
        dx = RIGHT(self, dy, x=x)
        return np.where(at(x), becomes(dy, dx), dx)

    return backward


def _unmasked(self: Any, dy: Any, *, x: Any) -> Any:
    return dy * np.ones_like(x)


def _slope(change: Any) -> Any:
    """A backward that computes with another slope."""

    def backward(self: Any, dy: Any, *, x: Any) -> Any:
        return np.where(x > 0, dy, change(self.negative_slope) * dy)

    return backward


def _tenfold_forward(self: Any, x: Any) -> Any:
    return FORWARD(LeakyReLU(10 * self.negative_slope), x)


def _tenfold_backward(self: Any, dy: Any, *, x: Any) -> Any:
    return RIGHT(LeakyReLU(10 * self.negative_slope), dy, x=x)


def _raised(self: Any, x: Any) -> Any:
    return FORWARD(self, x) + np.ones_like(x)


def _blind_to_nan(self: Any, x: Any) -> Any:
    return np.where(np.isnan(x), np.zeros_like(x), FORWARD(self, x))


def _from_output(self: Any, dy: Any, *, y: Any) -> Any:
    return np.where(y > 0, dy, self.negative_slope * dy)


def _of(number: str, change: str, witness: Witness, **more: Any) -> Mutant:
    methods = {k: more.pop(k) for k in ("forward", "backward") if k in more}
    return Mutant(number, LeakyReLU, changed(LeakyReLU, **methods), change, witness, **more)


DX = "gradient of x"

MUTANTS = (
    _of(
        "M1",
        "gradient at exactly 0 is 1 while PyTorch's convention is declared",
        Witness(DX, ([0.0],)),
        backward=_backward(lambda x: x == 0, lambda dy, dx: dy),
        convention="torch",
    ),
    _of(
        "M2",
        "gradient at exactly 0 is 7",
        Witness(DX, ([0.0],)),
        backward=_backward(lambda x: x == 0, lambda dy, dx: 7 * dy),
        convention="torch",
    ),
    _of("M3", "mask dropped", Witness(DX, ([-1.0],)), backward=_unmasked),
    _of(
        "M4",
        "gradient 0 for |x| > 10",
        Witness(DX, ([100.0],)),
        backward=_backward(lambda x: np.abs(x) > 10, lambda dy, dx: 0 * dx),
    ),
    _of(
        "M5",
        "gradient 0 for |x| < 1e-3",
        Witness(DX, ([1e-6],)),
        backward=_backward(lambda x: np.abs(x) < 1e-3, lambda dy, dx: 0 * dx),
    ),
    _of(
        "M6",
        "slope in backward off by 5e-6",
        Witness(DX, ([-1.0],)),
        backward=_slope(lambda slope: slope + 5e-6),
    ),
    _of(
        "M7",
        "gradient for x > 0 times 1.0009",
        Witness(DX, ([1.0],)),
        backward=_backward(lambda x: x > 0, lambda dy, dx: 1.0009 * dx),
    ),
    _of(
        "M8",
        "forward and backward both use ten times the slope, 0.1 in place of 0.01",
        Witness("value", ([-1.0],)),
        forward=_tenfold_forward,
        backward=_tenfold_backward,
    ),
    _of(
        "M9",
        "forward adds 1 everywhere",
        Witness("value", ([0.0],)),
        forward=_raised,
        convention="torch",
    ),
    _of("M11", "forward maps NaN to 0", Witness("value", ([np.nan],)), forward=_blind_to_nan),
    _of(
        "M20",
        "all gradients times 1.001",
        Witness(DX, ([1.0],), dtype="float32"),
        backward=_backward(lambda x: True, lambda dy, dx: (1.001 * dx).astype(dx.dtype)),
    ),
    _of(
        "M21",
        "negative slope replaced by 0 in backward",
        Witness(DX, ([-1.0],)),
        backward=_slope(lambda slope: 0.0),
        shape=(1000,),
    ),
    _of(
        "M35b",
        "mask read from the output, with a negative slope",
        Witness(DX, ([-1.0],), arguments={"negative_slope": -0.3}),
        backward=_from_output,
    ),
    _of(
        "M38",
        "backward uses slope 0.01 whatever the argument",
        Witness(DX, ([-1.0],), arguments={"negative_slope": 0.5}),
        backward=_slope(lambda slope: 0.01),
    ),
)
