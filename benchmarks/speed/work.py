"""What is trained: networks, batch sizes, epochs, and the arrays that every peer starts from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from backprove import LeakyReLU, Linear, Op, ReLU, Sequential
from backprove.data import load
from backprove.train.progress import Plan

SEED = 0


@dataclass(frozen=True)
class Work:
    """A network on MNIST: sizes from the input to the output, slope of LeakyReLU (0: ReLU)."""

    name: str
    sizes: tuple[int, ...]
    batch_size: int
    epochs: int = 4
    slope: float = 0.01
    learning_rate: float = 1e-3

    @property
    def products(self) -> float:
        """FLOP of the matrix products of one epoch: forward, weights' and inputs' gradients.

        The first layer's input gradient is not needed.
        """
        pairs = [a * b for a, b in zip(self.sizes[:-1], self.sizes[1:], strict=True)]
        return 60_000 * 2.0 * (3 * sum(pairs) - pairs[0])

    def shapes(self) -> list[tuple[int, int, int]]:
        """(rows, inner, columns) of every matrix product of one step."""
        found, n = [], self.batch_size
        for layer, (a, b) in enumerate(zip(self.sizes[:-1], self.sizes[1:], strict=True)):
            found += [(n, a, b), (a, n, b)]
            found += [(n, b, a)] if layer else []
        return found


WORKS = {
    work.name: work
    for work in (
        Work("course-64", (784, 1500, 500, 10), 64),
        Work("course-512", (784, 1500, 500, 10), 512),
        Work("small", (784, 256, 10), 64),
        Work("deep", (784, *(128,) * 9, 10), 64),
    )
}


def network(work: Work) -> Op:
    """The network in our operators."""
    layers: list[Any] = []
    for a, b in zip(work.sizes[:-1], work.sizes[1:], strict=True):
        layers += [Linear(a, b), LeakyReLU(work.slope) if work.slope else ReLU()]
    return Sequential(*layers[:-1])


def write_arrays(work: Work, folder: Path) -> None:
    """Images, labels, first weights and the order of every epoch, as .npy files."""
    train, test = load("mnist"), load("mnist", split="test")
    arrays = {"x": train.x, "y": train.y, "x_test": test.x, "y_test": test.y}
    arrays = {k: v.reshape(len(v), -1) if k[0] == "x" else v for k, v in arrays.items()}
    for name, value in network(work).init(SEED).items():
        place, kind = name.split(".")
        arrays[f"{kind}{int(place) // 2}"] = value
    plan = Plan(60_000, work.batch_size, True, False, SEED)
    arrays |= {"orders": np.stack([plan.order(epoch) for epoch in range(work.epochs)])}
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
