"""Paddle: a bare loop over tensors in memory, or `Model.fit` over a data set."""

from __future__ import annotations

from typing import Any

import numpy as np
import paddle
from paddle import nn


class Peer:
    """options: fit (Model.fit with its DataLoader, as the course does)."""

    def __init__(self, work: Any, fit: bool = False) -> None:
        self.work, self.fit = work, fit
        self.net = nn.Sequential(*_layers(work))
        self.optimizer = paddle.optimizer.Adam(work.learning_rate, parameters=self.net.parameters())
        self.loss = nn.CrossEntropyLoss()
        x = work.arrays["x"].astype("float32") / 255
        y = work.arrays["y"].astype("int64")
        if fit:
            self.x, self.y = x, y
            self.model = paddle.Model(self.net)
            self.model.prepare(self.optimizer, self.loss)
        else:
            self.x, self.y = paddle.to_tensor(x), paddle.to_tensor(y)

    def epoch(self, order: Any) -> None:
        if self.fit:
            rows = _Rows(self.x, self.y, order)
            self.model.fit(
                rows, batch_size=self.work.batch_size, epochs=1, shuffle=False, verbose=0
            )
            return
        size = self.work.batch_size
        for start in range(0, len(order), size):
            rows = paddle.to_tensor(order[start : start + size])
            self.loss(self.net(self.x[rows]), self.y[rows]).backward()
            self.optimizer.step()
            self.optimizer.clear_grad()

    def predict(self, x: Any) -> Any:
        with paddle.no_grad():
            return self.net(paddle.to_tensor(x.astype("float32") / 255)).numpy()


class _Rows(paddle.io.Dataset):
    """The samples in a given order, one at a time, as `Model.fit` asks for them."""

    def __init__(self, x: Any, y: Any, order: Any) -> None:
        super().__init__()
        self.x, self.y, self.order = x, y, order

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        row = self.order[index]
        return self.x[row], self.y[row : row + 1]

    def __len__(self) -> int:
        return len(self.order)


def _layers(work: Any) -> list[Any]:
    layers: list[Any] = []
    for i, (a, b) in enumerate(zip(work.sizes[:-1], work.sizes[1:], strict=True)):
        linear = nn.Linear(a, b)
        linear.weight.set_value(work.arrays[f"weight{i}"])
        linear.bias.set_value(work.arrays[f"bias{i}"])
        layers += [linear, nn.LeakyReLU(work.slope) if work.slope else nn.ReLU()]
    return layers[:-1]


def versions() -> dict[str, str]:
    return {"paddle": paddle.__version__, "numpy": np.__version__}
