"""KLDiv."""

from __future__ import annotations

from math import inf
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, Draw, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction


class KLDiv(Op):
    """The Kullback-Leibler divergence of a distribution from a target.

    l = target (log target - x) for log-probabilities x; with log_target, the target is given by
    its logarithms too: l = e^target (target - x).

    x and target of one shape, whatever it is (nothing is broadcast). y is a scalar for reduction
    "mean", "batchmean" and "sum", of the shape of x for "none". "batchmean" divides the sum by the
    first length, which gives the divergence itself; "mean", the default as in PyTorch and Paddle,
    divides by the number of elements. Floating targets have a gradient, as in PyTorch (Paddle has
    none for the target), whole numbers none.

    A target probability of 0 costs nothing, whatever x is; its own gradient is the limit
    -infinity (with log_target it is 0). Where the target is not 0, x = -infinity costs infinity.
    A negative target and NaN give NaN.

    Reference: Kullback and Leibler, "On information and sufficiency", Annals of Mathematical
    Statistics 22, 1951.
    """

    formula = r"y = \frac{1}{N} \sum_i t_i (\log t_i - x_i)"
    reference = "kullback1951"
    references = {  # noqa: RUF012
        "torch": "F.kl_div(x, target, reduction=reduction, log_target=log_target)",
        "jax": "{'mean': jnp.mean, 'sum': jnp.sum, 'none': jnp.asarray,"
        " 'batchmean': lambda v: v.sum() / v.shape[0]}[reduction](jnp.exp(target) * (target - x)"
        " if log_target else jax.scipy.special.xlogy(target, target) - target * x)",
        "paddle": "F.kl_div(x, target, reduction=reduction, log_target=log_target)",
    }

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        known = ("mean", "batchmean", "sum", "none")
        self.reduction = _checks.reduction(reduction, known)
        self.log_target = bool(log_target)

    def forward(self, x: Array, target: Array) -> Any:
        xp, t = namespace(x), _reduction.paired("KLDiv", x, target)
        p, log_p, gone = self._read(xp, t)
        return _reduction.reduce(p * (log_p - xp.where(gone, 0.0, x)), self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp, t = namespace(x), _reduction.paired("KLDiv", x, target)
        scale = _reduction.spread(dy, self.reduction, shape_of(x))

        def by_target() -> Any:
            p, log_p, gone = self._read(xp, t)
            if self.log_target:
                return scale * (p * (log_p - xp.where(gone, 0.0, x) + 1))
            return scale * (xp.where(gone, -inf, log_p) - x + 1)

        dx = -scale * (xp.exp(t) if self.log_target else t)
        return dx, _reduction.target_gradient(target, by_target)

    def _read(self, xp: Any, t: Any) -> tuple[Any, Any, Any]:
        """The target's probabilities, their logarithms (0 for a probability of 0), where it is."""
        p = xp.exp(t) if self.log_target else t
        gone = p == 0
        if self.log_target:
            return p, xp.where(gone, 0.0, t), gone
        return p, xp.log(xp.where(gone, 1.0, t)), gone

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        p = m.exp(target) if self.log_target else target
        losses = m.where(p == 0, 0, p * ((target if self.log_target else m.log(target)) - x))
        return _reduction.reduce_exact(m, losses, self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per element a logarithm or exponential, a difference and a product; the mean.

        A comparison and two selections spare the probabilities of 0.
        """
        n = elements(shapes[0])
        forward = Count(flop=2, cheap=3, trans=1) * n + _reduction.reduction_cost(self.reduction, n)
        return Cost(forward, {"dx": Count(flop=1, trans=int(self.log_target)) * n})

    CASES = (
        Case((normal(4, 3), Draw("probabilities", (4, 3)))),
        Case((normal(2, 3, 2), Draw("probabilities", (2, 3, 2))), {"reduction": "sum"}),
        Case((normal(5, 2), Draw("probabilities", (5, 2))), {"reduction": "batchmean"}),
        Case((normal(6), normal(6)), {"reduction": "none", "log_target": True}),
        Case((normal(3, 4), normal(3, 4)), {"reduction": "batchmean", "log_target": True}),
    )
