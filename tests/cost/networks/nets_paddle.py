"""Paddle networks that counters get wrong. Run in Paddle's process only."""

from __future__ import annotations

from itertools import pairwise

import paddle
import paddle.nn as nn
import paddle.nn.functional as F


def parameter(*shape):
    return paddle.create_parameter(list(shape), "float32")


def linear_stack(act=nn.LeakyReLU):
    return nn.Sequential(
        nn.Linear(784, 1500), act(), nn.Linear(1500, 500), act(), nn.Linear(500, 10)
    )


def mlp():
    return linear_stack()


class Functional(nn.Layer):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c = nn.Linear(784, 1500), nn.Linear(1500, 500), nn.Linear(500, 10)

    def forward(self, x):
        return self.c(F.leaky_relu(self.b(F.leaky_relu(self.a(x)))))


class Raw(nn.Layer):
    def __init__(self):
        super().__init__()
        for i, (n, m) in enumerate(((784, 1500), (1500, 500), (500, 10))):
            self.add_parameter(f"W{i}", parameter(n, m))
            self.add_parameter(f"b{i}", parameter(m))

    def forward(self, x):
        x = F.leaky_relu(x @ self.W0 + self.b0)
        x = F.leaky_relu(x @ self.W1 + self.b1)
        return x @ self.W2 + self.b2


class CalledThree(nn.Layer):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(100, 100)

    def forward(self, x):
        return self.layer(self.layer(self.layer(x)))


def two_parents():
    layer = nn.Linear(100, 100)
    return nn.Sequential(nn.Sequential(layer), nn.Sequential(layer))


class MyLinear(nn.Linear):
    pass


class Twice(nn.Linear):
    def forward(self, x):
        return super().forward(super().forward(x))


def subclass():
    return nn.Sequential(MyLinear(100, 100))


def subclass_twice():
    return nn.Sequential(Twice(100, 100))


class RootVector(nn.Layer):
    def __init__(self):
        super().__init__()
        self.extra = parameter(7)
        self.body = nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))

    def forward(self, x):
        return self.body(x)


class RootOwn(nn.Layer):
    def __init__(self):
        super().__init__()
        self.M = parameter(100, 100)
        self.layer = nn.Linear(100, 10)

    def forward(self, x):
        return self.layer(x @ self.M)


def linear_3d():
    return nn.Sequential(nn.Linear(64, 64))


def lstm():
    return nn.LSTM(64, 64)


class Attention(nn.Layer):
    def forward(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v)


def bilinear():
    return nn.Bilinear(20, 30, 40)


class Scan(nn.Layer):
    def __init__(self):
        super().__init__()
        self.M = parameter(100, 100)

    def forward(self, x):
        for _ in range(10):
            x = x @ self.M
        return x


def small_mlp():
    return nn.Sequential(nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def layer_norm():
    return nn.LayerNorm(500)


class BehindLinear(nn.Layer):
    def __init__(self):
        super().__init__()
        self.first, self.norm = nn.Linear(500, 500), nn.LayerNorm(500)

    def forward(self, x):
        return self.norm(self.first(x))


class Broadcast(nn.Layer):
    def forward(self, a, b):
        return (a[:, :, None] * b[None, :, :]).sum(1)


class SelfAttention(nn.Layer):
    def __init__(self):
        super().__init__()
        self.attention = nn.MultiHeadAttention(100, 1)

    def forward(self, x):
        return self.attention(x, x, x)


def embedding():
    return nn.Embedding(1000, 64)


class ResidualBlock(nn.Layer):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(64, 64), nn.Linear(64, 64)

    def forward(self, x):
        return x + self.b(F.relu(self.a(x)))


def conv():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))


class Keywords(nn.Layer):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(20, 30)

    def forward(self, x, *, scale):
        return self.layer(x) * scale


class Frozen(nn.Layer):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(20, 30), nn.Linear(30, 10)
        for parameter in self.a.parameters():
            parameter.stop_gradient = True

    @paddle.no_grad()
    def features(self, x):
        return self.a(x)

    def forward(self, x):
        return self.b(self.features(x))


class DependsOnData(nn.Layer):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(20, 20)

    def forward(self, x):
        y = self.layer(x)
        return self.layer(y) if y.sum().abs() >= 0 else y


class Strange(nn.Layer):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(20, 20)

    def forward(self, x):
        return paddle.linalg.svdvals(self.layer(x))


class TwoHeads(nn.Layer):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(20, 5), nn.Linear(20, 3)

    def forward(self, x):
        return {"a": self.a(x), "b": self.b(x)}


class Back(nn.Layer):
    def __init__(self):
        super().__init__()
        self.weight = parameter(50, 8)

    def forward(self, x):
        return paddle.matmul(x, self.weight, transpose_y=True)


class Tied(nn.Layer):
    def __init__(self):
        super().__init__()
        self.words, self.back = nn.Embedding(50, 8), Back()
        self.back.weight = self.words.weight

    def forward(self, ids):
        return self.back(self.words(ids))


class Raises(nn.Layer):
    def forward(self, x):
        raise ValueError("no thanks")


class Needs(nn.Layer):
    def __init__(self, size):
        super().__init__()


def two_way():
    return nn.LSTM(8, 6, num_layers=2, direction="bidirect")


class Einsum(nn.Layer):
    def __init__(self):
        super().__init__()
        self.weight = parameter(6, 5)

    def forward(self, x):
        return paddle.einsum("bi,io->bo", x, self.weight)


class WeightFirst(nn.Layer):
    def __init__(self):
        super().__init__()
        self.weight = parameter(5, 6)

    def forward(self, x):
        return self.weight @ x


class Made(nn.Layer):
    def __init__(self, sizes, *, act="relu"):
        super().__init__()
        self.layers = nn.Sequential(*(nn.Linear(n, m) for n, m in pairwise(sizes)))
        self.act = act

    def forward(self, x):
        return getattr(F, self.act)(self.layers(x))


class Nested(nn.Layer):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(20, 5), nn.Linear(20, 3)

    def forward(self, x):
        return {"a": [self.a(x)], "b": (self.b(x), None)}


class WithoutGradients(nn.Layer):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(20, 5)

    @paddle.no_grad()
    def forward(self, x):
        return self.a(x)


class InNumPy(nn.Layer):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(20, 5)

    def forward(self, x):
        y = self.a(x)
        return y + paddle.to_tensor(y.detach().numpy() @ y.detach().numpy().T).sum()


class InPlace(nn.Layer):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(20, 5)

    def forward(self, x):
        return F.relu_(self.a(x))


def picture():
    return nn.Sequential(
        nn.Conv2D(3, 8, 3, padding=1),
        nn.GroupNorm(2, 8),
        nn.Upsample(scale_factor=2),
        nn.AdaptiveAvgPool2D(2),
        nn.Flatten(),
        nn.Linear(32, 4),
    )
