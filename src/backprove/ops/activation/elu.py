"""ELU."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.activation._finite import finite


class ELU(Op):
    """The exponential linear unit: y = x for x > 0, alpha * (e**x - 1) otherwise.

    x of any shape and floating dtype; alpha of any sign. The gradient of the negative side is
    alpha * e**x, computed from x: y + alpha, which Paddle and JAX use, is 0 below x = -37 in
    float64.

    Kink: at 0 and -0 the gradient is alpha (the left derivative), as in Paddle, PyTorch and JAX;
    for alpha = 1 the function is smooth. NaN gives NaN, with gradient NaN. Infinity gives infinity,
    -infinity gives -alpha with gradient 0. Raises UsageError if alpha is not finite.

    Reference: Clevert, Unterthiner and Hochreiter, "Fast and accurate deep network learning by
    exponential linear units", ICLR 2016.
    """

    elementwise = True
    formula = r"y = x \text{ if } x > 0 \text{ else } \alpha (e^x - 1)"
    reference = "clevert2016"
    references = {  # noqa: RUF012
        "torch": "F.elu(x, alpha)",
        "jax": "nn.elu(x, alpha)",
        "paddle": "F.elu(x, alpha)",
    }

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = finite("ELU", "alpha", alpha)

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        return xp.where(x > 0, x, self.alpha * xp.expm1(xp.minimum(x, 0.0)))

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        return xp.where(x > 0, dy, dy * (self.alpha * xp.exp(xp.minimum(x, 0.0))))

    def definition(self, m: Any, x: Any) -> Any:
        return m.where(x > 0, x, self.alpha * (m.exp(x) - 1))

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A minimum, an exponential, a product and two selections per element; backward the same
        and a product with dy."""
        n = elements(shapes[0])
        forward, backward = Count(flop=1, cheap=3, trans=1), Count(flop=2, cheap=3, trans=1)
        return Cost(forward * n, {"dx": backward * n})

    CASES = (
        Case((away(3, 4),)),
        Case((away(2, 3, 5, scale=3.0),), {"alpha": 0.5}),
        Case((away(7),), {"alpha": -2.0}),
        Case((normal(4, 2),), {"alpha": 1.0}),
    )
