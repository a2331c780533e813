"""Classes as learners of the course write them, over any array library.

`classes(lib)` builds them for NumPy, JAX, PyTorch or Paddle: they call the library's functions by
name and store on self. They inherit from nothing of ours.
"""

from __future__ import annotations

from types import SimpleNamespace


def classes(lib):
    """The classes, whose formulas call `lib`."""

    class Op:
        def __call__(self, *inputs):
            return self.forward(*inputs)

    class Linear(Op):
        def __init__(self, weight, bias):
            self.params = {"W": weight, "b": bias}
            self.inputs = None
            self.grads = {}

        def forward(self, inputs):
            self.inputs = inputs
            return lib.matmul(inputs, self.params["W"]) + self.params["b"]

        def backward(self, grads):
            self.grads["W"] = lib.matmul(self.inputs.T, grads)
            self.grads["b"] = lib.sum(grads, axis=0)
            return lib.matmul(grads, self.params["W"].T)

    class Logistic(Op):
        def __init__(self):
            self.outputs = None
            self.params = None

        def forward(self, inputs):
            self.outputs = 1.0 / (1.0 + lib.exp(-inputs))
            return self.outputs

        def backward(self, grads):
            return grads * self.outputs * (1.0 - self.outputs)

    class Multiply(Op):
        def forward(self, x, y):
            self.x, self.y = x, y
            return x * y

        def backward(self, grads):
            return grads * self.y, grads * self.x

    class TwoLayers(Op):
        def __init__(self, first, second):
            self.fc1, self.act1, self.fc2, self.act2 = first, Logistic(), second, Logistic()
            self.layers = [self.fc1, self.act1, self.fc2, self.act2]

        def forward(self, X):
            for layer in self.layers:
                X = layer(X)
            return X

        def backward(self, grads):
            for layer in self.layers[::-1]:
                grads = layer.backward(grads)

    class BinaryCrossEntropy(Op):
        def __init__(self, model):
            self.model = model
            self.predicts, self.labels, self.num = None, None, None

        def forward(self, predicts, labels):
            self.predicts, self.labels, self.num = predicts, labels, predicts.shape[0]
            losses = labels * lib.log(predicts) + (1.0 - labels) * lib.log(1.0 - predicts)
            return -lib.sum(losses) / self.num

        def backward(self):
            p, t = self.predicts, self.labels
            self.model.backward(-(t / p - (1.0 - t) / (1.0 - p)) / self.num)

    class LogisticRegression(Op):
        def __init__(self, weight, bias):
            self.params, self.grads = {"w": weight, "b": bias}, {}
            self.X, self.outputs = None, None

        def forward(self, inputs):
            self.X = inputs
            score = lib.matmul(inputs, self.params["w"]) + self.params["b"]
            self.outputs = 1.0 / (1.0 + lib.exp(-score))
            return self.outputs

        def backward(self, labels):
            rest = (self.outputs - labels) / labels.shape[0]
            self.grads["w"] = lib.matmul(self.X.T, rest)
            self.grads["b"] = lib.sum(rest)

    found = (Linear, Logistic, Multiply, TwoLayers, BinaryCrossEntropy, LogisticRegression)
    return SimpleNamespace(**{cls.__name__: cls for cls in found})


def all_gradients(lib, x, labels, w1, b1, w2, b2, w3, b3):
    """Everything that the lifted classes compute from these arrays, as one flat array."""
    from backprove.lifted import Lifted

    made = classes(lib)
    model = made.TwoLayers(made.Linear(w1, b1), made.Linear(w2, b2))
    net, loss = Lifted(model), Lifted(made.BinaryCrossEntropy(model))
    fused, product = Lifted(made.LogisticRegression(w3, b3)), Lifted(made.Multiply())
    y, saved = net.fwd(x)
    value, kept = loss.fwd(y, labels)
    (dy, _), _ = loss.bwd(kept)
    _, grads = net.bwd(saved, dy)
    p, saved = fused.fwd(x)
    _, fused_grads = fused.bwd(saved, labels=labels)
    xy, saved = product.fwd(x, x + 1.0)
    both, _ = product.bwd(saved, xy)
    found = [y, value, dy, *grads.values(), p, *fused_grads.values(), xy, *both]
    join = getattr(lib, "concatenate", None) or lib.concat
    return join([g.reshape((-1,)) for g in found])
