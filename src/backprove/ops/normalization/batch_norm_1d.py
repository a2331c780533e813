"""BatchNorm1D."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op, Parameter
from backprove.ops.normalization import _features as features
from backprove.ops.normalization._rows import check_epsilon


class BatchNorm1D(Op):
    """Batch normalisation: each feature gets mean 0 and variance 1 over the batch.

    y = (x - mean) / sqrt(var + epsilon) * weight + bias; x (N, D) or (N, D, L); weight, bias and
    the running statistics (D,). In training mean and biased variance over N (and L), and new
    running statistics; in evaluation the running ones. Floating dtypes.

    running = momentum * running + (1 - momentum) * batch, as in Paddle: default 0.9, the weight of
    the old value, biased variance. PyTorch's momentum weighs the new value (its 0.1 is our 0.9)
    and its running variance is the unbiased one, M / (M - 1) times the biased of M values.

    Smooth everywhere. A constant feature gives exactly the bias. NaN or infinity make their feature
    NaN. Training on one value per feature raises ShapeError, as in PyTorch: y would always be the
    bias (Paddle hands x through).

    Reference: Ioffe and Szegedy, "Batch normalization", ICML 2015.
    """

    formula = r"y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} w + b"
    reference = "ioffe2015"
    references = {  # noqa: RUF012
        "torch": "F.batch_norm(x, running_mean.detach().clone(), running_var.detach().clone(),"
        " weight, bias, training, 1 - momentum, epsilon)",
        "jax": "(lambda f: (x - f(x.mean((0, *range(2, x.ndim))) if training else running_mean))"
        " / jnp.sqrt(f(x.var((0, *range(2, x.ndim))) if training else running_var) + epsilon)"
        " * (1.0 if weight is None else f(weight)) + (0.0 if bias is None else f(bias)))"
        "(lambda v: v.reshape((-1,) + (1,) * (x.ndim - 2)))",
        "paddle": "F.batch_norm(x, running_mean.detach().clone(), running_var.detach().clone(),"
        " weight, bias, training, momentum, epsilon, 'NC' if x.ndim == 2 else 'NCL')",
    }
    state = ("running_mean", "running_var")

    def __init__(
        self, num_features: int, momentum: float = 0.9, epsilon: float = 1e-5, affine: bool = True
    ) -> None:
        self.num_features, self.momentum = features.check_settings(num_features, momentum)
        self.epsilon, self.affine = check_epsilon("BatchNorm1D", epsilon), bool(affine)

    def parameters(self) -> dict[str, Parameter]:
        return features.vectors(self.num_features, weight=1.0, bias=0.0) if self.affine else {}

    def states(self) -> dict[str, Parameter]:
        return features.vectors(self.num_features, running_mean=0.0, running_var=1.0)

    def forward(
        self,
        x: Array,
        *,
        running_mean: Array,
        running_var: Array,
        weight: Array | None = None,
        bias: Array | None = None,
        training: bool = False,
    ) -> Any:
        features.check_batch(x, self.num_features, training)
        found = features.normalised(x, running_mean, running_var, self.epsilon, training)
        y = found.xhat if weight is None else found.xhat * features.along(weight, x)
        y = y if bias is None else y + features.along(bias, x)
        old = {"running_mean": running_mean, "running_var": running_var}
        return y, features.moved(old, found, self.momentum) if training else {}

    def backward(
        self, dy: Any, *, x: Any, weight: Any, running_mean: Any, running_var: Any, training: bool
    ) -> Any:
        found = features.normalised(x, running_mean, running_var, self.epsilon, training)
        dx, dweight, dbias = features.pulled_back(dy, found.xhat, training)
        dx = (
            dx * found.inverse if weight is None else dx * found.inverse * features.along(weight, x)
        )
        return dx, {"weight": dweight, "bias": dbias} if self.affine else {}

    def definition(self, m: Any, x: Any, weight: Any = 1, bias: Any = 0, **kept: Any) -> Any:
        rows = (1, -1) if x.ndim == 2 else (1, -1, 1)
        mean, var = (kept[k].reshape(rows) for k in self.state)
        if kept["training"]:
            mean = m.mean(x, axis=features.axes(x), keepdims=True)
            var = m.mean((x - mean) * (x - mean), axis=features.axes(x), keepdims=True)
        gain, shift = (v.reshape(rows) if self.affine else v for v in (weight, bias))
        return (x - mean) / m.sqrt(var + self.epsilon) * gain + shift

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return features.check_shape(shapes[0], self.num_features)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Training, N elements: 7N + D, 6D for the running statistics, D roots; backward 8N.

        Counted is the formula; what guards it against overflow and rounding is not.
        """
        n, d = elements(shapes[0]), self.num_features
        forward = Count(flop=(7 if self.affine else 5) * n + 7 * d, trans=d)
        backward = {"dx": 8 * n}
        if self.affine:
            backward = {"dx": 5 * n + 2 * d, "dweight": 2 * n - d, "dbias": n - d}
        return Cost(forward, {k: Count(flop=max(f, 0)) for k, f in backward.items()})

    CASES = (
        Case((normal(5, 3),), {"num_features": 3, "epsilon": 2.0**-10}, training=True),
        Case((normal(3, 2, 4),), {"num_features": 2, "epsilon": 0.5, "affine": False}, True),
        Case((normal(4, 3),), {"num_features": 3, "epsilon": 1.0}),
        Case((normal(2, 3, 2),), {"num_features": 3, "epsilon": 2.0**-10, "affine": False}),
    )
