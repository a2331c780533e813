"""tinygrad: a jitted training step over tensors in memory."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from tinygrad import Tensor, TinyJit
from tinygrad.nn.optim import Adam


class Peer:
    """Each step realises the loss inside one captured graph."""

    def __init__(self, work: Any) -> None:
        arrays, self.slope, self.size = work.arrays, work.slope, work.batch_size
        self.params = [
            (Tensor(arrays[f"weight{i}"]), Tensor(arrays[f"bias{i}"]))
            for i in range(len(work.sizes) - 1)
        ]
        self.optimizer = Adam([p for pair in self.params for p in pair], lr=work.learning_rate)
        self.x, self.y = arrays["x"].astype(np.float32) / 255, arrays["y"].astype(np.int32)
        self._step = TinyJit(self._plain_step)

    def scores(self, x: Any) -> Any:
        for i, (weight, bias) in enumerate(self.params):
            x = x @ weight + bias
            if i < len(self.params) - 1:
                x = x.leaky_relu(self.slope) if self.slope else x.relu()
        return x

    def _plain_step(self, x: Any, y: Any) -> Any:
        self.optimizer.zero_grad()
        loss = self.scores(x).sparse_categorical_crossentropy(y).backward()
        return loss.realize(*self.optimizer.schedule_step())

    def epoch(self, order: Any) -> None:
        with Tensor.train():
            for start in range(0, len(order), self.size):
                rows = order[start : start + self.size]
                step = self._step if len(rows) == self.size else self._plain_step
                step(Tensor(self.x[rows]).realize(), Tensor(self.y[rows]).realize())
        self.params[0][1].numpy()

    def predict(self, x: Any) -> Any:
        return self.scores(Tensor(x.astype(np.float32) / 255)).numpy()


def versions() -> dict[str, str]:
    return {"tinygrad": version("tinygrad"), "numpy": np.__version__}
