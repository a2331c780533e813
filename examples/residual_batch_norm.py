"""A deeper network with residual connections and batch normalisation, on part of MNIST.

Each block is Linear - BatchNorm1D - ReLU - Linear, and its input is added to what comes out. The
same network without the connections is trained beside it.

    python examples/residual_batch_norm.py
"""

from __future__ import annotations

from backprove import Linear, Model, ReLU, Residual, Sequential
from backprove.data import Dataset, load
from backprove.ops import BatchNorm1D

WIDTH, BLOCKS = 64, 4


def block() -> Sequential:
    return Sequential(Linear(WIDTH, WIDTH), BatchNorm1D(WIDTH), ReLU(), Linear(WIDTH, WIDTH))


def network(residual: bool) -> Sequential:
    """From 784 pixels through the blocks to 10 classes."""
    blocks = [Residual(block()) if residual else block() for _ in range(BLOCKS)]
    return Sequential(Linear(784, WIDTH), *blocks, BatchNorm1D(WIDTH), ReLU(), Linear(WIDTH, 10))


def accuracy(residual: bool, train: Dataset, test: Dataset) -> float:
    """The test accuracy after two epochs."""
    model = Model(network(residual), seed=0).prepare("adam", "cross_entropy", ["accuracy"])
    model.fit(train, epochs=2, batch_size=64, verbose=0)
    running = model.state_dict()["2.body.1.running_var" if residual else "2.1.running_var"]
    print(f"running variances of the second block: {running.min():.3f} to {running.max():.3f}")
    return float(model.evaluate(test)["accuracy"])


def main() -> None:
    train = load("mnist").take(range(4000))
    test = load("mnist", split="test").take(range(2000))
    print(network(residual=True)["1"])
    found = {residual: accuracy(residual, train, test) for residual in (True, False)}
    print(f"test accuracy with residual connections:    {found[True]:.3f}")
    print(f"test accuracy without residual connections: {found[False]:.3f}")


if __name__ == "__main__":
    main()
