"""AlphaDropout."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numpy as np

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.regularization._mask import check_probability, kept

SATURATION = -1.7580993408473768


class AlphaDropout(Op):
    """Dropout for SELU networks: it keeps the mean 0 and the variance 1 of its input.

    y = a * x + b where kept, a * s + b where dropped, with s = -1.7580993 the value to which SELU
    falls, a = 1 / sqrt((1 - p) * (1 + p * s * s)) and b = -a * p * s; y = x in evaluation, 0 for
    p = 1. Any shape and floating dtype.

    The mask comes from `key` (see `backprove.random`) and is drawn again in backward, so only the
    key is kept; NumPy and JAX draw the same bits.

    Affine in x for a given key. NaN gives NaN even where it is dropped; infinity is dropped.
    Raises UsageError in training without a key.

    Reference: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks",
    NeurIPS 2017.
    """

    elementwise = True
    formula = r"y = a (m \odot x + (1 - m) \odot s) + b"
    reference = "klambauer2017"

    def __init__(self, p: float = 0.5) -> None:
        self.p = check_probability("AlphaDropout", p)

    def _affine(self) -> tuple[float, float]:
        if self.p == 1.0:
            return 0.0, 0.0
        a = 1.0 / sqrt((1.0 - self.p) * (1.0 + self.p * SATURATION**2))
        return a, -a * self.p * SATURATION

    def forward(self, x: Array, *, training: bool = False, key: Array | None = None) -> Any:
        if not training:
            return x
        a, b = self._affine()
        stays = kept("AlphaDropout", key, x, self.p) | (x != x)
        return a * namespace(x).where(stays, x, SATURATION) + b

    def backward(self, dy: Array, *, training: bool, key: Array | None) -> Any:
        if not training:
            return dy
        stays = kept("AlphaDropout", key, dy, self.p) | (dy != dy)
        return self._affine()[0] * namespace(dy).where(stays, dy, 0.0)

    def definition(self, m: Any, x: Any, training: bool = False, key: Any = None) -> Any:
        if not training:
            return x
        p, s = m.array(self.p), m.array(SATURATION)
        if self.p == 1:
            return 0 * x
        a = 1 / m.sqrt((1 - p) * (1 + p * s * s))
        stays = kept("AlphaDropout", key, np.zeros(x.shape), self.p)
        return a * m.where(stays, x, s) - a * p * s

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Training: a draw, a selection, a product and a sum per element; backward without sum."""
        n = elements(shapes[0])
        return Cost(Count(flop=2 * n, cheap=n, random=n), {"dx": Count(flop=n, cheap=n)})

    CASES = (
        Case((normal(4, 5),), training=True),
        Case((normal(3, 2, 3),), {"p": 0.1}, training=True),
        Case((normal(6),), {"p": 0.9}),
        Case((normal(3, 3),), {"p": 0.0}, training=True),
        Case((normal(2, 4),), {"p": 1.0}, training=True),
    )
