"""backprove: `Model.fit`, as users call it. The order of the samples is the Model's own, which is
the one that the other peers are given."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import backprove
from backprove import CrossEntropy, LeakyReLU, Linear, Model, ReLU, Sequential
from backprove.optim import Adam


class Peer:
    """Images stay bytes; the engine scales a batch when it takes it."""

    def __init__(self, work: Any, engine: str = "jax", **options: Any) -> None:
        layers: list[Any] = []
        for a, b in zip(work.sizes[:-1], work.sizes[1:], strict=True):
            layers += [Linear(a, b), LeakyReLU(work.slope) if work.slope else ReLU()]
        self.model = Model(Sequential(*layers[:-1]), engine=engine, seed=0, **options)
        self.model.prepare(Adam(work.learning_rate), CrossEntropy())
        self.work, self.data = work, (work.arrays["x"], work.arrays["y"])

    def epoch(self, order: Any) -> None:
        self.model.fit(self.data, batch_size=self.work.batch_size, epochs=1, verbose=0)

    def predict(self, x: Any) -> Any:
        return np.asarray(self.model.predict(x, batch_size=len(x)))


def versions() -> dict[str, str]:
    """Of the array libraries, those that the engine has loaded."""
    loaded = (sys.modules.get(name) for name in ("jax", "torch", "numpy"))
    found = {module.__name__: module.__version__ for module in loaded if module is not None}
    return {"backprove": backprove.__version__, **found}
