"""Operators in the shapes that the course's chapters give them, right; tests break them one by one.

Nothing here is imported: `backprove check` runs the file as a learner's own.
"""

import numpy as np


class Op:
    def __call__(self, *inputs):
        return self.forward(*inputs)

    def forward(self, inputs):
        raise NotImplementedError

    def backward(self, outputs_grads):
        raise NotImplementedError


class Linear(Op):
    def __init__(self, input_size, output_size, name, weight_init=np.ones, bias_init=np.zeros):
        self.params = {"W": weight_init([input_size, output_size])}
        self.params["b"] = bias_init([1, output_size])
        self.inputs, self.grads, self.name = None, {}, name

    def forward(self, inputs):
        self.inputs = inputs
        return np.matmul(inputs, self.params["W"]) + self.params["b"]

    def backward(self, grads):
        self.grads["W"] = np.matmul(self.inputs.T, grads)
        self.grads["b"] = np.sum(grads, axis=0)
        return np.matmul(grads, self.params["W"].T)


class Logistic(Op):
    def __init__(self):
        self.inputs = self.outputs = self.params = None

    def forward(self, inputs):
        self.outputs = 1.0 / (1.0 + np.exp(-inputs))
        return self.outputs

    def backward(self, grads):
        return grads * self.outputs * (1.0 - self.outputs)


class ModelMLP(Op):
    def __init__(self, input_size, hidden_size, output_size):
        self.fc1 = Linear(input_size, hidden_size, name="fc1")
        self.act_fn1 = Logistic()
        self.fc2 = Linear(hidden_size, output_size, name="fc2")
        self.act_fn2 = Logistic()
        self.layers = [self.fc1, self.act_fn1, self.fc2, self.act_fn2]

    def forward(self, X):
        for layer in self.layers:
            X = layer(X)
        return X

    def backward(self, grads):
        z2 = self.act_fn2.backward(grads)
        a1 = self.fc2.backward(z2)
        z1 = self.act_fn1.backward(a1)
        self.fc1.backward(z1)


class BinaryCrossEntropyLoss(Op):
    def __init__(self, model):
        self.predicts = self.labels = self.num = None
        self.model = model

    def forward(self, predicts, labels):
        self.predicts, self.labels, self.num = predicts, labels, predicts.shape[0]
        right = np.matmul(labels.T, np.log(predicts))
        wrong = np.matmul(1 - labels.T, np.log(1 - predicts))
        return np.squeeze(-(right + wrong) / self.num, axis=1)

    def backward(self):
        p, t = self.predicts, self.labels
        self.model.backward(-(t / p - (1 - t) / (1 - p)) / self.num)


class ModelLR(Op):
    def __init__(self, input_dim):
        self.params = {"w": np.zeros([input_dim, 1]), "b": np.zeros([1])}
        self.grads, self.X, self.outputs = {}, None, None

    def forward(self, inputs):
        self.X = inputs
        score = np.matmul(inputs, self.params["w"]) + self.params["b"]
        self.outputs = 1 / (1 + np.exp(-score))
        return self.outputs

    def backward(self, labels):
        N = labels.shape[0]
        self.grads["w"] = -1 / N * np.matmul(self.X.T, (labels - self.outputs))
        self.grads["b"] = -1 / N * np.sum(labels - self.outputs)


class ModelSR(Op):
    def __init__(self, input_dim, output_dim):
        self.params = {"W": np.zeros([input_dim, output_dim]), "b": np.zeros([output_dim])}
        self.grads, self.X, self.outputs, self.classes = {}, None, None, output_dim

    def forward(self, inputs):
        self.X = inputs
        score = np.matmul(inputs, self.params["W"]) + self.params["b"]
        e = np.exp(score - score.max(1, keepdims=True))
        self.outputs = e / e.sum(1, keepdims=True)
        return self.outputs

    def backward(self, labels):
        N = labels.shape[0]
        rest = np.eye(self.classes)[labels] - self.outputs
        self.grads["W"] = -1 / N * np.matmul(self.X.T, rest)
        self.grads["b"] = -1 / N * np.sum(rest, axis=0)


class CrossEntropyLoops(Op):
    def forward(self, predicts, labels):
        self.predicts, self.labels, self.num = predicts, labels, predicts.shape[0]
        loss = 0
        for i in range(self.num):
            loss -= np.log(predicts[i][labels[i]])
        return loss / self.num

    def backward(self, grads):
        dx = np.zeros_like(self.predicts)
        for i in range(self.num):
            dx[i][self.labels[i]] = -1 / self.predicts[i][self.labels[i]] / self.num
        return dx * grads


class Multiply(Op):
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, grads):
        return grads * self.y, grads * self.x


class Bump(Op):
    def __init__(self, width=1.0):
        self.width = width

    def forward(self, x):
        self.x = x
        self.y = np.where(np.abs(x) < 2.5, np.exp(-x * x / self.width), 0.5 * x)
        return self.y

    def backward(self, grads):
        inside = -2 * self.x / self.width * self.y
        return grads * np.where(np.abs(self.x) < 2.5, inside, 0.5)


class Shoulder(Op):
    def forward(self, x):
        self.x = x
        return np.where(x > 2.5, 2.5 + 3 * (x - 2.5), x)

    def backward(self, grads):
        return grads * np.where(self.x > 2.5, 3.0, 1.0)
