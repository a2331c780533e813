"""Classes as a course teaches them, plain NumPy with values kept on self, trained by backprove.

Nothing here inherits from `Op`. `Lifted` makes the whole model an operator: it runs on copies, so
the objects stay as they are, and the `params` of all layers become the parameters to train.

    python examples/lifted_numpy_model.py
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove import Model
from backprove.lifted import Lifted
from backprove.optim import Adam


class Layer:
    """A linear layer with the dictionaries `params` and `grads`."""

    def __init__(self, inputs: int, outputs: int, rng: np.random.Generator) -> None:
        scale = np.sqrt(2.0 / (inputs + outputs))
        weight = (scale * rng.standard_normal((inputs, outputs))).astype(np.float32)
        self.params = {"W": weight, "b": np.zeros((1, outputs), dtype=np.float32)}
        self.grads: dict[str, Any] = {}

    def forward(self, inputs: Any) -> Any:
        self.inputs = inputs
        return inputs @ self.params["W"] + self.params["b"]

    def backward(self, grads: Any) -> Any:
        self.grads["W"] = self.inputs.T @ grads
        self.grads["b"] = grads.sum(axis=0, keepdims=True)
        return grads @ self.params["W"].T


class Logistic:
    def forward(self, inputs: Any) -> Any:
        self.outputs = 1.0 / (1.0 + np.exp(-inputs))
        return self.outputs

    def backward(self, grads: Any) -> Any:
        return grads * self.outputs * (1.0 - self.outputs)


class TwoLayers:
    """A model that holds its layers and calls their backward in turn."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.layers = [Layer(2, 16, rng), Logistic(), Layer(16, 2, rng)]

    def forward(self, inputs: Any) -> Any:
        for layer in self.layers:
            inputs = layer.forward(inputs)
        return inputs

    def backward(self, grads: Any) -> Any:
        for layer in reversed(self.layers):
            grads = layer.backward(grads)
        return grads


def moons(samples: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Two half circles that reach into each other, with noise."""
    labels = np.arange(samples) % 2
    angle = np.pi * rng.uniform(size=samples) + np.pi * labels
    x = np.stack([np.cos(angle) + labels, np.sin(angle) + 0.5 * labels], axis=1)
    return (x + 0.15 * rng.standard_normal(x.shape)).astype(np.float32), labels.astype(np.int32)


def main() -> None:
    rng = np.random.default_rng(0)
    learners = TwoLayers(rng)
    before = learners.layers[0].params["W"].copy()
    net = Lifted(learners)
    print("parameters:", ", ".join(net.parameters()))
    print(net.reading)

    model = Model(net, engine="numpy", seed=0).prepare(Adam(5e-2), "cross_entropy", ["accuracy"])
    model.fit(moons(800, rng), epochs=60, batch_size=32, verbose=0)
    accuracy = model.evaluate(moons(400, rng))["accuracy"]
    unchanged = np.array_equal(before, learners.layers[0].params["W"])
    print("the learner's own object is as it was:", unchanged)
    print(f"accuracy on new moons: {accuracy:.3f}")


if __name__ == "__main__":
    main()
