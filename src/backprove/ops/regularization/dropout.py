"""Dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.regularization._mask import check_probability, kept


class Dropout(Op):
    """Drop each element with probability p in training, and scale the others up.

    y = x / (1 - p) where kept, 0 where dropped; y = x in evaluation. So the mean of y is x, as with
    Paddle's default mode "upscale_in_train" and PyTorch. Any shape and floating dtype.

    The mask comes from `key` (see `backprove.random`) and is drawn again in backward, so only the
    key is kept; NumPy and JAX draw the same bits. p = 0 keeps all, p = 1 drops all.

    Linear in x for a given key. NaN gives NaN even where it is dropped; infinity is dropped to 0.
    Raises UsageError in training without a key.

    Reference: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: a simple way
    to prevent neural networks from overfitting", JMLR 15, 2014.
    """

    elementwise = True
    formula = r"y = \frac{m \odot x}{1 - p}, \quad m \sim \mathrm{Bernoulli}(1 - p)"
    reference = "srivastava2014"

    def __init__(self, p: float = 0.5) -> None:
        self.p = check_probability("Dropout", p)

    def forward(self, x: Array, *, training: bool = False, key: Array | None = None) -> Any:
        return self._dropped(x, training, key, x != x)

    def backward(self, dy: Array, *, training: bool, key: Array | None) -> Any:
        return self._dropped(dy, training, key, dy != dy)

    def _dropped(self, x: Array, training: bool, key: Array | None, nan: Any) -> Any:
        if not training:
            return x
        stays = kept("Dropout", key, x, self.p)
        scaled = x if self.p == 1.0 else x / (1.0 - self.p)
        return namespace(x).where(stays | nan, scaled, 0.0)

    def definition(self, m: Any, x: Any, training: bool = False, key: Any = None) -> Any:
        if not training:
            return x
        stays = kept("Dropout", key, np.zeros(x.shape), self.p)
        return m.where(stays, x / (1 - m.array(self.p) if self.p < 1 else 1), m.array(0))

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Training: a draw, a comparison and a division per element; backward a division."""
        n = elements(shapes[0])
        return Cost(Count(flop=n, cheap=n, random=n), {"dx": Count(flop=n)})

    CASES = (
        Case((normal(4, 5),), training=True),
        Case((normal(3, 2, 3),), {"p": 0.1}, training=True),
        Case((normal(6),), {"p": 0.9}),
        Case((normal(3, 3),), {"p": 0.0}, training=True),
        Case((normal(2, 4),), {"p": 1.0}, training=True),
    )
