"""A regression on data that are made here: a wave in noise, and early stopping.

The noise has a standard deviation of 0.1, so no network can have a mean squared error much below
0.01 on new data, and the example says how near it comes.

    python examples/regression.py
"""

from __future__ import annotations

import numpy as np

from backprove import Linear, Model, Sequential
from backprove.data import Dataset, split
from backprove.ops import Tanh
from backprove.optim import Adam
from backprove.optim.schedules import Cosine
from backprove.train.callbacks import EarlyStopping

NOISE, SAMPLES, EPOCHS, BATCH = 0.1, 1200, 150, 32


def made(seed: int = 0) -> Dataset:
    """y = sin(3 a) + b**2 / 2 + noise for a, b in [-1, 1]."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (SAMPLES, 2)).astype(np.float32)
    y = np.sin(3 * x[:, 0]) + x[:, 1] ** 2 / 2 + NOISE * rng.standard_normal(SAMPLES)
    return Dataset(x, y.astype(np.float32), task="regression", feature_names=("a", "b"))


def main() -> None:
    train, validation, test = split(made(), (0.6, 0.2, 0.2), seed=0)
    steps = EPOCHS * -(-len(train) // BATCH)
    net = Sequential(Linear(2, 32), Tanh(), Linear(32, 32), Tanh(), Linear(32, 1))
    model = Model(net, seed=0).prepare(Adam(Cosine(1e-2, steps)), "mse", ["r2", "mae"])
    stop = EarlyStopping(patience=20)
    history = model.fit(
        train, validation, epochs=EPOCHS, batch_size=BATCH, callbacks=[stop], verbose=0
    )
    measures = model.evaluate(test)
    print(history)
    print(f"stopped after {len(history)} epochs; the best was epoch {stop.best_epoch}")
    print(f"mean squared error {measures['loss']:.4f}, of which the noise is {NOISE**2:.4f}")
    print(f"R2 on the test data: {measures['r2']:.3f}")


if __name__ == "__main__":
    main()
