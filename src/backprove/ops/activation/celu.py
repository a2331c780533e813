"""CELU."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.errors import UsageError
from backprove.op import Op
from backprove.ops.activation._finite import finite


class CELU(Op):
    """The continuously differentiable exponential linear unit.

    y = x for x > 0, alpha * (e**(x / alpha) - 1) otherwise; x of any shape and floating dtype.

    Smooth at 0 for every alpha: the gradient there is 1. NaN gives NaN, with gradient NaN.
    Infinity gives infinity; -infinity gives -alpha with gradient 0 for a positive alpha, -infinity
    with gradient infinity for a negative one. Raises UsageError if alpha is 0 or not finite.
    PyTorch and Paddle round alpha to float32, so they are asked for the formula.

    Reference: Barron, "Continuously differentiable exponential linear units", 2017.
    """

    elementwise = True
    formula = r"y = x \text{ if } x > 0 \text{ else } \alpha (e^{x / \alpha} - 1)"
    reference = "barron2017"
    references = {  # noqa: RUF012
        "torch": "torch.where(x > 0, x, alpha * torch.expm1(x / alpha))",
        "jax": "nn.celu(x, alpha)",
        "paddle": "paddle.where(x > 0, x, alpha * paddle.expm1(x / alpha))",
    }

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = finite("CELU", "alpha", alpha)
        if self.alpha == 0.0:
            raise UsageError("CELU expected an alpha other than 0: use ReLU for the limit at 0")

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        return xp.where(x > 0, x, self.alpha * xp.expm1(self._exponent(xp, x)))

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        return xp.where(x > 0, dy, dy * xp.exp(self._exponent(xp, x)))

    def _exponent(self, xp: Any, x: Array) -> Any:
        """x / alpha for x <= 0; for a small alpha not below -1000, where the power is long 0 and
        the quotient could overflow."""
        below = xp.minimum(x, 0.0)
        if 0.0 < self.alpha < 1.0:
            below = xp.maximum(below, -1000.0 * self.alpha)
        return below / self.alpha

    def definition(self, m: Any, x: Any) -> Any:
        return m.where(x > 0, x, self.alpha * (m.exp(x / self.alpha) - 1))

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A division, an exponential, a product, a comparison, a selection and one or two bounds
        per element, both ways."""
        cheap = 4 if 0.0 < self.alpha < 1.0 else 3
        count = Count(flop=2, cheap=cheap, trans=1) * elements(shapes[0])
        return Cost(count, {"dx": count})

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=3.0),), {"alpha": 0.1}),
        Case((normal(7),), {"alpha": 2.0}),
        Case((normal(4, 2),), {"alpha": -0.5}),
    )
