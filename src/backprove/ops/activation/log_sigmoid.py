"""LogSigmoid."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.activation._gate import minus_size


class LogSigmoid(Op):
    """The logarithm of the logistic function.

    y = log(1 / (1 + exp(-x))) = min(x, 0) - log(1 + exp(-|x|)), of any shape and floating dtype;
    dx = dy / (1 + exp(x)).

    It is smooth although min and |x| are not: the gradient at 0 is 1/2. The tail of positive x
    keeps its digits (Paddle's value is 0 from x of about 17 on in float32). NaN gives NaN in value
    and gradient; infinity gives 0 with the gradient 0, and -infinity gives -infinity with the
    gradient 1.

    Reference: Bridle, "Probabilistic interpretation of feedforward classification network
    outputs", 1990.
    """

    elementwise = True
    formula = r"y = \log \frac{1}{1 + e^{-x}}"
    reference = "bridle1990"
    references = {  # noqa: RUF012
        "torch": "F.logsigmoid(x)",
        "jax": "nn.log_sigmoid(x)",
        "paddle": "F.log_sigmoid(x)",
    }

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        return xp.minimum(x, 0.0) - xp.log1p(xp.exp(-xp.abs(x)))

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        z = xp.exp(minus_size(xp, x))
        return dy * (xp.where(x < 0, 1.0, z) / (1 + z))

    def definition(self, m: Any, x: Any) -> Any:
        return -m.log(1 + m.exp(-x))

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """An exponential both ways, and a logarithm forward."""
        n = elements(shapes[0])
        return Cost(
            Count(flop=1, cheap=2, trans=2) * n, {"dx": Count(flop=3, cheap=4, trans=1) * n}
        )

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=10.0),)),
        Case((uniform(7, low=-1.0, high=1.0),)),
    )
