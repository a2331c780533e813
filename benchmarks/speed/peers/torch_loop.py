"""PyTorch: a bare loop over tensors in memory; eager or compiled, fused Adam, autocast."""

from __future__ import annotations

import os
from contextlib import nullcontext
from typing import Any

import numpy as np
import torch


class Peer:
    """options: fused (one kernel for Adam), compiled (torch.compile), bf16 (autocast)."""

    def __init__(
        self, work: Any, fused: bool = True, compiled: bool = False, bf16: bool = False
    ) -> None:
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        arrays = work.arrays
        self.x = torch.tensor(arrays["x"]).float() / 255
        self.y, self.batch_size = torch.tensor(arrays["y"]).long(), work.batch_size
        self.net = torch.nn.Sequential(*_layers(work))
        self.loss = torch.nn.CrossEntropyLoss()
        self.optimizer = torch.optim.Adam(
            self.net.parameters(), lr=work.learning_rate, fused=fused or None
        )
        self.precision = (
            (lambda: torch.autocast("cpu", dtype=torch.bfloat16)) if bf16 else nullcontext
        )
        self.gradients = torch.compile(self._gradients) if compiled else self._gradients

    def _gradients(self, x: Any, y: Any) -> None:
        with self.precision():
            loss = self.loss(self.net(x), y)
        loss.backward()

    def epoch(self, order: Any) -> None:
        rows = torch.tensor(order).long()
        for start in range(0, len(rows), self.batch_size):
            chosen = rows[start : start + self.batch_size]
            self.optimizer.zero_grad()
            self.gradients(self.x[chosen], self.y[chosen])
            self.optimizer.step()

    def predict(self, x: Any) -> Any:
        with torch.no_grad(), self.precision():
            return self.net(torch.from_numpy(x).float() / 255).float().numpy()


def _layers(work: Any) -> list[Any]:
    layers: list[Any] = []
    for i, (a, b) in enumerate(zip(work.sizes[:-1], work.sizes[1:], strict=True)):
        linear = torch.nn.Linear(a, b)
        linear.weight.data = torch.tensor(np.ascontiguousarray(work.arrays[f"weight{i}"].T))
        linear.bias.data = torch.tensor(work.arrays[f"bias{i}"])
        layers += [linear, torch.nn.LeakyReLU(work.slope) if work.slope else torch.nn.ReLU()]
    return layers[:-1]


def versions() -> dict[str, str]:
    return {"torch": torch.__version__, "numpy": np.__version__}
