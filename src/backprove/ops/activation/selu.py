"""SELU."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, away, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op

ALPHA = 1.6732632423543772
SCALE = 1.0507009873554805


class SELU(Op):
    """The scaled exponential linear unit: y = s x for x > 0, s alpha (e**x - 1) otherwise.

    s = 1.0507009873554805 and alpha = 1.6732632423543772 keep mean 0 and variance 1 from layer to
    layer. x of any shape and floating dtype.

    Kink: at 0 and -0 the gradient is s alpha = 1.7580993 (the left derivative), as in Paddle,
    PyTorch and JAX. NaN gives NaN, with gradient NaN. Infinity gives infinity, -infinity gives
    -s alpha with gradient 0. Paddle rounds both constants to float32, so it is asked for the
    formula.

    Reference: Klambauer, Unterthiner, Mayr and Hochreiter, "Self-normalizing neural networks",
    NeurIPS 2017.
    """

    elementwise = True
    formula = r"y = s x \text{ if } x > 0 \text{ else } s \alpha (e^x - 1)"
    reference = "klambauer2017"
    references = {  # noqa: RUF012
        "torch": "F.selu(x)",
        "jax": "nn.selu(x)",
        "paddle": "1.0507009873554805"
        " * paddle.where(x > 0, x, 1.6732632423543772 * paddle.expm1(x))",
    }

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        below = (SCALE * ALPHA) * xp.expm1(xp.minimum(x, 0.0))
        return xp.where(x > 0, SCALE * xp.maximum(x, 0.0), below)

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        below = (SCALE * ALPHA) * xp.exp(xp.minimum(x, 0.0))
        return xp.where(x > 0, dy * SCALE, dy * below)

    def definition(self, m: Any, x: Any) -> Any:
        return m.where(x > 0, SCALE * x, ALPHA * (m.exp(x) - 1) * SCALE)

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """An exponential, two products, two bounds, a comparison and a selection per element;
        backward one product more and one bound less."""
        n = elements(shapes[0])
        forward, backward = Count(flop=2, cheap=4, trans=1), Count(flop=3, cheap=3, trans=1)
        return Cost(forward * n, {"dx": backward * n})

    CASES = (
        Case((away(3, 4),)),
        Case((away(2, 3, 5, scale=5.0),)),
        Case((uniform(7, low=-30.0, high=-0.1),)),
    )
