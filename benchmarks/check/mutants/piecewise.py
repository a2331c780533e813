"""Piecewise activations with a wrong gradient."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.cases import Case, away
from backprove.op import Op
from backprove.ops import ELU, Hardsigmoid
from benchmarks.check.mutant import Mutant, Witness, changed


class Abs(Op):
    """y = |x|; the gradient at 0 and -0 is 0, as in PyTorch and Paddle (JAX: 1)."""

    elementwise = True
    references = {  # noqa: RUF012
        "torch": "torch.abs(x)",
        "jax": "jnp.abs(x)",
        "paddle": "paddle.abs(x)",
    }
    CASES = (Case((away(3, 4),)),)

    def forward(self, x: Any) -> Any:
        return np.abs(x)

    def backward(self, dy: Any, *, x: Any) -> Any:
        return np.where(x == 0, np.zeros_like(dy), np.copysign(dy, x * dy))

    def definition(self, m: Any, x: Any) -> Any:
        return m.abs(x)


def _right_at_zero(self: Any, dy: Any, *, x: Any) -> Any:
    return np.where(x >= 0, dy, -dy)


def _from_output(self: Any, dy: Any, *, x: Any, y: Any) -> Any:
    return np.where(x > 0, dy, dy * (y + self.alpha))


def _wide(self: Any, dy: Any, *, x: Any) -> Any:
    return np.where((x > -5) & (x < 3), dy / 6, np.zeros_like(dy))


DX = "gradient of x"

MUTANTS = (
    Mutant(
        "M31",
        ELU,
        changed(ELU, backward=_from_output),
        "gradient computed as y + alpha",
        Witness(DX, ([-40.0],)),
    ),
    Mutant(
        "M32",
        Abs,
        changed(Abs, backward=_right_at_zero),
        "gradient +1 at 0 and -0 while PyTorch's convention is declared",
        Witness(DX, ([0.0, -0.0],)),
        convention="torch",
    ),
    Mutant(
        "M34",
        Hardsigmoid,
        changed(Hardsigmoid, backward=_wide),
        "backward active on (-5, 3) instead of (-3, 3)",
        Witness(DX, ([-4.0],)),
    ),
)
