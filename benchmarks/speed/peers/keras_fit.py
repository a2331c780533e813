"""Keras 3 on its JAX backend: `fit` over arrays in memory, `jit_compile` as it chooses itself."""

from __future__ import annotations

import os
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np


class Peer:
    """The samples of an epoch are put in their order first; that is not much of the time."""

    def __init__(self, work: Any) -> None:
        layers: list[Any] = [keras.Input((work.sizes[0],))]
        for b in work.sizes[1:]:
            layers += [keras.layers.Dense(b), keras.layers.LeakyReLU(negative_slope=work.slope)]
        self.net, self.size = keras.Sequential(layers[:-1]), work.batch_size
        self.net.compile(
            optimizer=keras.optimizers.Adam(work.learning_rate, epsilon=1e-8),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        arrays = work.arrays
        self.net.set_weights(
            [arrays[f"{k}{i}"] for i in range(len(work.sizes) - 1) for k in ("weight", "bias")]
        )
        self.x, self.y = arrays["x"].astype(np.float32) / 255, arrays["y"]

    def epoch(self, order: Any) -> None:
        self.net.fit(
            self.x[order], self.y[order], batch_size=self.size, epochs=1, shuffle=False, verbose=0
        )

    def predict(self, x: Any) -> Any:
        return self.net.predict(x.astype(np.float32) / 255, batch_size=len(x), verbose=0)


def versions() -> dict[str, str]:
    return {"keras": keras.__version__, "jax": jax.__version__, "numpy": np.__version__}
