"""RMSNorm."""

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


class RMSNorm(Op):
    """Root-mean-square normalisation: each sample is divided by its size, without centring.

    y = x / sqrt(mean(x * x) + epsilon) * weight over the axes of `normalized_shape`.
    x (..., *normalized_shape), weight of shape normalized_shape, or none without `affine`.
    Floating dtypes; half precision is computed in float32.

    Smooth everywhere; a row of zeros gives 0. Values up to the dtype's largest do not overflow. A
    row with NaN or infinity becomes NaN. Raises ShapeError for another shape.

    `epsilon` is Paddle's; PyTorch's default is the machine epsilon of the dtype.

    Reference: Zhang and Sennrich, "Root mean square layer normalization", NeurIPS 2019.
    """

    formula = r"y = \frac{x}{\sqrt{\frac{1}{D} \sum_i x_i^2 + \epsilon}} w"
    reference = "zhang2019"
    references = {  # noqa: RUF012
        "torch": "F.rms_norm(x, normalized_shape, weight, epsilon)",
        "jax": "x * lax.rsqrt(jnp.mean(x * x, tuple(range(-len(normalized_shape), 0)),"
        " keepdims=True) + epsilon) * (1.0 if weight is None else weight)",
        "paddle": "x * paddle.rsqrt(paddle.mean(x * x, list(range(-len(normalized_shape), 0)),"
        " keepdim=True) + epsilon) * (1.0 if weight is None else weight)",
    }

    def __init__(
        self, normalized_shape: int | Sequence[int], epsilon: float = 1e-5, affine: bool = True
    ) -> None:
        self.normalized_shape = lengths("RMSNorm", normalized_shape)
        self.epsilon = check_epsilon("RMSNorm", epsilon)
        self.affine = bool(affine)

    def parameters(self) -> dict[str, Parameter]:
        return {"weight": Parameter(self.normalized_shape, Constant(1.0))} if self.affine else {}

    def forward(self, x: Array, *, weight: Array | None = None) -> Any:
        self.shape(shape_of(x))
        y = normalise(x, last_axes(self.normalized_shape), self.epsilon, centre=False).xhat
        return y if weight is None else y * weight

    def backward(self, dy: Array, *, x: Array, weight: Array | None) -> Any:
        axes = last_axes(self.normalized_shape)
        found = normalise(x, axes, self.epsilon, centre=False)
        g = dy if weight is None else dy * weight
        dx = project(g, found.xhat, axes, centre=False) * found.inverse
        if not self.affine:
            return dx, {}
        rows = tuple(range(dy.ndim - len(axes)))
        product = dy * found.xhat
        return dx, {"weight": namespace(dy).sum(product, axis=rows) if rows else product}

    def definition(self, m: Any, x: Any, weight: Any = 1) -> Any:
        square = m.mean(x * x, axis=last_axes(self.normalized_shape), keepdims=True)
        return x / m.sqrt(square + self.epsilon) * weight

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return check_shape("RMSNorm", shapes[0], self.normalized_shape)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """N elements in R rows of D: 4N + R and R square roots, 3N + R without affine.

        Counted is the formula. The factor that keeps squares finite is not.
        """
        n, d = elements(shapes[0]), elements(self.normalized_shape)
        r = n // d
        forward = Count(flop=(4 if self.affine else 3) * n + r, trans=r)
        if not self.affine:
            return Cost(forward, {"dx": Count(flop=5 * n)})
        return Cost(forward, {"dx": Count(flop=6 * n), "dweight": Count(flop=max(2 * n - d, 0))})

    CASES = (
        Case((normal(4, 6),), {"normalized_shape": 6}),
        Case((normal(2, 3, 4),), {"normalized_shape": (3, 4), "epsilon": 0.5, "affine": False}),
        Case((normal(2, 3, 5, scale=9.0),), {"normalized_shape": (5,), "epsilon": 1e-12}),
        Case((normal(3),), {"normalized_shape": (3,), "epsilon": 1.0}),
    )
