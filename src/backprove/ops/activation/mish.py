"""Mish."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.activation._gate import clipped, minus_size


class Mish(Op):
    """The input gated by the tanh of its softplus.

    y = x tanh(log(1 + exp(x))), of any shape and floating dtype. With n = exp(x) (exp(x) + 2),
    y = x n / (n + 2) and dx = dy (n / (n + 2) + 4 x exp(x) (exp(x) + 1) / (n + 2)^2).

    For x >= 0 both fractions are divided through by exp(2x), so nothing overflows; for x < 0 they
    keep their digits in the tail. Smooth everywhere: the gradient at 0 is 3/5. NaN gives NaN in
    value and gradient; infinity gives infinity with the gradient 1, and -infinity the limit 0 with
    the gradient 0 (PyTorch, JAX and Paddle give NaN for most of these).

    Reference: Misra, "Mish: a self regularized non-monotonic activation function", BMVC 2020.
    """

    elementwise = True
    formula = r"y = x \tanh (\log (1 + e^{x}))"
    reference = "misra2020"
    references = {  # noqa: RUF012
        "torch": "F.mish(x)",
        "jax": "nn.mish(x)",
        "paddle": "F.mish(x)",
    }

    def forward(self, x: Array) -> Any:
        xp = namespace(x)
        c, h, z = self._exponentials(xp, x)
        n, top = z + 2, 1 + 2 * z
        low = c * h * n * h / (z * n + 2)
        return xp.where(x < 0, low, x * (top / (top + 2 * z * z)))

    def backward(self, dy: Array, *, x: Array) -> Any:
        xp = namespace(x)
        c, h, z = self._exponentials(xp, x)
        n, top = z + 2, 1 + 2 * z
        d, e = z * n + 2, top + 2 * z * z
        part = 4 * c * (1 + z)
        low = h * (n + part / d) * h / d
        high = (top + part * z * z / e) / e
        return dy * xp.where(x < 0, low, high)

    def _exponentials(self, xp: Any, x: Array) -> tuple[Any, Any, Any]:
        """x kept finite, exp(-|x|/2) and its square, as in `_gate`."""
        c = clipped(xp, x)
        h = xp.exp(0.5 * minus_size(xp, c))
        return c, h, h * h

    def definition(self, m: Any, x: Any) -> Any:
        return x * m.tanh(m.log(1 + m.exp(x)))

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """One exponential per element; both sides are computed and one is selected."""
        n = elements(shapes[0])
        return Cost(
            Count(flop=16, cheap=6, trans=1) * n, {"dx": Count(flop=24, cheap=6, trans=1) * n}
        )

    CASES = (
        Case((normal(3, 4),)),
        Case((normal(2, 3, 5, scale=5.0),)),
        Case((uniform(7, low=-2.0, high=0.0),)),
    )
