"""Thinc: chained layers on its NumPy operations, its own Adam."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from thinc.api import Adam, Relu, Softmax_v2, chain


class Peer:
    """Thinc has no LeakyReLU: its hidden layers are ReLU."""

    def __init__(self, work: Any) -> None:
        pairs = list(zip(work.sizes[:-1], work.sizes[1:], strict=True))
        hidden = [Relu(nO=b, nI=a) for a, b in pairs[:-1]]
        last = Softmax_v2(nO=pairs[-1][1], nI=pairs[-1][0])
        self.net, self.size = chain(*hidden, last), work.batch_size
        self.net.initialize()
        for i, layer in enumerate([*hidden, last]):
            layer.set_param("W", np.ascontiguousarray(work.arrays[f"weight{i}"].T))
            layer.set_param("b", work.arrays[f"bias{i}"])
        self.optimizer = Adam(work.learning_rate, L2=0.0, grad_clip=0.0)
        self.x, self.y = work.arrays["x"].astype(np.float32) / 255, work.arrays["y"]

    def epoch(self, order: Any) -> None:
        for start in range(0, len(order), self.size):
            rows = order[start : start + self.size]
            y, backward = self.net.begin_update(self.x[rows])
            y[np.arange(len(rows)), self.y[rows]] -= 1
            backward(y / len(rows))
            self.net.finish_update(self.optimizer)

    def predict(self, x: Any) -> Any:
        return self.net.predict(x.astype(np.float32) / 255)


def versions() -> dict[str, str]:
    return {"thinc": version("thinc"), "numpy": np.__version__}
