"""A folder of IDX files, packed as MNIST, Fashion-MNIST and EMNIST are: written, read, learnt.

The pictures are made here: stripes that lie, stripes that stand, and chess boards, 28 x 28 pixels
in bytes, with noise. Put the four files of Fashion-MNIST into a folder and give its path instead.

    python examples/idx_folder.py [FOLDER]
"""

from __future__ import annotations

import gzip
import struct
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from backprove import Linear, Model, ReLU, Sequential
from backprove.data import load
from backprove.data.transforms import Normalize

NAMES = ("lying stripes", "standing stripes", "chess board")
SIDE = 28


def pictures(samples: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Noisy patterns (N, 28, 28) in bytes and their classes."""
    labels = rng.integers(0, len(NAMES), samples)
    rows, columns = np.indices((SIDE, SIDE))
    start, width = rng.integers(0, 8, (samples, 1, 1)), rng.integers(2, 5, (samples, 1, 1))
    lying = ((rows + start) // width) % 2
    standing = ((columns + start) // width) % 2
    chosen = np.stack([lying, standing, lying ^ standing])[labels, np.arange(samples)]
    noisy = 200 * chosen + rng.normal(20, 40, chosen.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), labels.astype(np.uint8)


def write_idx(path: Path, values: Any) -> None:
    """A gzipped IDX file: magic number 0, 0, 8 (bytes), axes; the lengths; the bytes."""
    header = struct.pack(f">4B{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    with gzip.open(path, "wb") as stream:
        stream.write(header + values.tobytes())


def write_folder(folder: Path) -> None:
    """The four files that belong into such a folder."""
    rng = np.random.default_rng(0)
    for split, samples in (("train", 1500), ("t10k", 300)):
        images, labels = pictures(samples, rng)
        write_idx(folder / f"{split}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{split}-labels-idx1-ubyte.gz", labels)


def learn(folder: Path, names: tuple[str, ...] | None) -> None:
    """Train on the folder's training split and measure on its test split."""
    train = load(folder, class_names=names)
    test = load(folder, split="test", class_names=names)
    print(train)
    net = Sequential(Linear(SIDE * SIDE, 64), ReLU(), Linear(64, train.classes))
    model = Model(net, seed=0).prepare(
        "adam",
        "cross_entropy",
        ["accuracy", "confusion_matrix"],
        transforms=Normalize(127.5, 127.5),
    )
    model.fit(train, epochs=8, verbose=0)
    measures = model.evaluate(test)
    for name, row in zip(train.class_names or (), measures["confusion_matrix"], strict=True):
        print(f"{name:>20}", *(f"{count:5}" for count in row))
    print(f"test accuracy: {measures['accuracy']:.3f}")


def main() -> None:
    if len(sys.argv) > 1:
        learn(Path(sys.argv[1]), None)
        return
    with tempfile.TemporaryDirectory() as folder:
        write_folder(Path(folder))
        print("wrote", ", ".join(sorted(path.name for path in Path(folder).iterdir())))
        learn(Path(folder), NAMES)


if __name__ == "__main__":
    main()
