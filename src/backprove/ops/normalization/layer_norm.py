"""LayerNorm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.initializers import Constant
from backprove.op import Op, Parameter
from backprove.ops.normalization._moments import normalise, project
from backprove.ops.normalization._rows import check_epsilon, check_shape, last_axes, lengths


class LayerNorm(Op):
    """Layer normalisation: each sample gets mean 0 and variance 1 over its last axes.

    y = (x - mean) / sqrt(var + epsilon) * weight + bias, with the biased variance over the axes of
    `normalized_shape`. x (..., *normalized_shape), weight and bias of shape normalized_shape, or
    none without `affine`. Floating dtypes; half precision is computed in float32.

    Smooth everywhere. A constant row gives exactly the bias, with the gradient 1 / sqrt(epsilon)
    times the centred upstream. A large mean costs no digits, and values up to the dtype's largest
    do not overflow. A row with NaN or infinity becomes NaN. Raises ShapeError for another shape.

    `epsilon` is that of Paddle and PyTorch; Paddle rounds it to float32 even in float64, and allows
    no more than 0.001.

    Reference: Ba, Kiros and Hinton, "Layer normalization", 2016.
    """

    formula = r"y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} w + b"
    reference = "ba2016"
    references = {  # noqa: RUF012
        "torch": "F.layer_norm(x, normalized_shape, weight, bias, epsilon)",
        "jax": "nn.standardize(x, axis=tuple(range(-len(normalized_shape), 0)), epsilon=epsilon)"
        " * (1.0 if weight is None else weight) + (0.0 if bias is None else bias)",
        "paddle": "(lambda f: F.layer_norm(x, list(normalized_shape), f(weight), f(bias), epsilon))"
        "(lambda v: None if v is None else v.flatten())",
    }

    def __init__(
        self, normalized_shape: int | Sequence[int], epsilon: float = 1e-5, affine: bool = True
    ) -> None:
        self.normalized_shape = lengths("LayerNorm", normalized_shape)
        self.epsilon = check_epsilon("LayerNorm", epsilon)
        self.affine = bool(affine)

    def parameters(self) -> dict[str, Parameter]:
        size = self.normalized_shape
        both = {"weight": Parameter(size, Constant(1.0)), "bias": Parameter(size, Constant(0.0))}
        return both if self.affine else {}

    def forward(self, x: Array, *, weight: Array | None = None, bias: Array | None = None) -> Any:
        self.shape(shape_of(x))
        y = normalise(x, last_axes(self.normalized_shape), self.epsilon).xhat
        y = y if weight is None else y * weight
        return y if bias is None else y + bias

    def backward(self, dy: Array, *, x: Array, weight: Array | None) -> Any:
        axes = last_axes(self.normalized_shape)
        found = normalise(x, axes, self.epsilon)
        g = dy if weight is None else dy * weight
        dx = project(g, found.xhat, axes) * found.inverse
        if not self.affine:
            return dx, {}
        xp, rows = namespace(dy), tuple(range(dy.ndim - len(axes)))
        dbias = xp.sum(dy, axis=rows) if rows else dy
        product = dy * found.xhat
        return dx, {"weight": xp.sum(product, axis=rows) if rows else product, "bias": dbias}

    def definition(self, m: Any, x: Any, weight: Any = 1, bias: Any = 0) -> Any:
        axes = last_axes(self.normalized_shape)
        d = x - m.mean(x, axis=axes, keepdims=True)
        var = m.mean(d * d, axis=axes, keepdims=True)
        return d / m.sqrt(var + self.epsilon) * weight + bias

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return check_shape("LayerNorm", shapes[0], self.normalized_shape)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """N elements in R rows of D: 7N + R and R square roots, 5N + R without affine.

        Counted is the formula. What guards it (a factor that keeps squares finite, the second
        centring) is not.
        """
        n, d = elements(shapes[0]), elements(self.normalized_shape)
        r = n // d
        forward = Count(flop=(7 if self.affine else 5) * n + r, trans=r)
        if not self.affine:
            return Cost(forward, {"dx": Count(flop=8 * n - r)})
        backward = {"dx": 9 * n - r, "dweight": 2 * n - d, "dbias": n - d}
        return Cost(forward, {k: Count(flop=max(f, 0)) for k, f in backward.items()})

    CASES = (
        Case((normal(4, 6),), {"normalized_shape": 6, "epsilon": 2.0**-10}),
        Case(
            (normal(2, 3, 4),), {"normalized_shape": (3, 4), "epsilon": 2.0**-12, "affine": False}
        ),
        Case((normal(2, 3, 5, scale=9.0),), {"normalized_shape": (5,), "epsilon": 2.0**-20}),
        Case((normal(3, 2, 2),), {"normalized_shape": (2, 2), "epsilon": 2.0**-14}),
    )
