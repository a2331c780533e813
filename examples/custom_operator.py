"""An operator of your own: written, checked against differences, and trained.

The operator is the squared rectifier, y = max(0, x)**2, whose gradient is 2 max(0, x). It works on
NumPy and JAX arrays alike, because it asks `namespace` for the functions of the array it is given.

    python examples/custom_operator.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove import Linear, Model, Op, Sequential, namespace
from backprove.counts import Cost, Count
from backprove.data import load, split


class SquaredReLU(Op):
    """y = max(0, x)**2. At 0 value and gradient are 0, without a jump."""

    def forward(self, x: Any) -> Any:
        xp = namespace(x)
        positive = xp.where(x > 0, x, 0.0)
        return positive * positive

    def backward(self, dy: Any, *, x: Any) -> Any:
        xp = namespace(x)
        return 2 * xp.where(x > 0, x, 0.0) * dy

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        size = int(np.prod(shapes[0]))
        return Cost(Count(flop=size, cheap=2 * size), {"dx": Count(flop=2 * size, cheap=2 * size)})


def largest_error(op: Op, x: Any, step: float = 1e-5) -> float:
    """The largest distance of the gradient from central differences, for a random dy."""
    dy = np.random.default_rng(1).standard_normal(x.shape)
    _, saved = op.fwd(x)
    (dx,), _ = op.bwd(saved, dy)
    differences = (op.fwd(x + step)[0] - op.fwd(x - step)[0]) / (2 * step) * dy
    return float(np.max(np.abs(dx - differences)))


def main() -> None:
    x = np.random.default_rng(0).standard_normal((50, 20))
    error = largest_error(SquaredReLU(), x)
    print(f"largest distance from central differences: {error:.1e}")

    train, test = split(load("iris"), 0.8, seed=0)
    net = Sequential(Linear(4, 32), SquaredReLU(), Linear(32, 3))
    model = Model(net, seed=0).prepare("adam", "cross_entropy", ["accuracy"])
    model.fit(train, epochs=60, batch_size=16, verbose=0)
    print(model.summary())
    print(f"test accuracy on iris: {model.evaluate(test)['accuracy']:.3f}")


if __name__ == "__main__":
    main()
