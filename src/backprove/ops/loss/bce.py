"""BCE."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, Draw, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references

LOWEST = -100.0
SMALLEST = exp(LOWEST)


class BCE(Op):
    """Binary cross-entropy of probabilities: l = -w (target log x + (1 - target) log(1 - x)).

    Logarithms below -100 count as -100, as in PyTorch and Paddle, so a certain mistake costs 100
    and not infinity. The gradient is that of this function: where a logarithm is cut off, its
    part is 0. PyTorch and Paddle bound the denominator by 1e-12 instead, which gives -1e12 at
    x = 0 with target 1, and 0 at x = target = 0 where the derivative is 1. Prefer BCEWithLogits,
    which needs no such choice.

    x (in [0, 1]) and target of one shape, whatever it is (nothing is broadcast); a target of whole
    numbers is taken in the dtype of x and has no gradient, a floating one has. `weight` is one
    number or one for each entry of the last axis. y is a scalar for reduction "mean" and "sum", of
    the shape of x for "none". The mean is over all elements, whatever their weights.

    NaN gives NaN, and so does x outside [0, 1].

    Reference: Bishop, "Neural networks for pattern recognition", 1995, section 6.7.
    """

    formula = r"y = -\frac{1}{N} \sum_i w_i (t_i \log x_i + (1 - t_i) \log(1 - x_i))"
    reference = "bishop1995"
    references = {  # noqa: RUF012
        "torch": "F.binary_cross_entropy(x, target.to(x.dtype),"
        f" {_references.TORCH_WEIGHT}, reduction=reduction)",
        "jax": _references.reduced(
            "(1.0 if weight is None else jnp.asarray(weight))"
            " * -(target * jnp.log(x) + (1 - target) * jnp.log1p(-x))"
        ),
        "paddle": "F.binary_cross_entropy(x, target.astype(x.dtype),"
        f" {_references.PADDLE_WEIGHT}, reduction=reduction)",
    }

    def __init__(
        self, weight: float | Sequence[float] | None = None, reduction: str = "mean"
    ) -> None:
        self.weight = _checks.weight("BCE", "weight", weight)
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        t = _reduction.paired("BCE", x, target)
        log_x, log_rest = _logarithms(x)
        losses = _reduction.times(-(t * log_x + (1 - t) * log_rest), self._weight(x))
        return _reduction.reduce(losses, self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp, t = namespace(x), _reduction.paired("BCE", x, target)
        cut, certain = x <= SMALLEST, x >= 1
        to_one = xp.where(cut, 0.0, t / xp.where(cut, 1.0, x))
        to_zero = xp.where(certain, 0.0, (1 - t) / xp.where(certain, 1.0, 1 - x))
        scale = _reduction.spread(dy, self.reduction, shape_of(x))
        weight = self._weight(x)

        def by_target() -> Any:
            log_x, log_rest = _logarithms(x)
            return scale * _reduction.times(log_rest - log_x, weight)

        dx = scale * _reduction.times(to_zero - to_one, weight)
        return dx, _reduction.target_gradient(target, by_target)

    def _weight(self, x: Array) -> Any:
        return _reduction.weight_of("BCE", "weight", self.weight, shape_of(x), x)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        log_x, log_rest = m.maximum(m.log(x), LOWEST), m.maximum(m.log(1 - x), LOWEST)
        weight = m.array(1.0 if self.weight is None else self.weight)
        losses = -weight * (target * log_x + (1 - target) * log_rest)
        return _reduction.reduce_exact(m, losses, self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per element two logarithms, cut off, of x and 1 - x, and their sum; the mean.

        Comparisons and selections spare what is cut off; a weight costs a product each way.
        """
        n, weighing = elements(shapes[0]), Count(flop=int(self.weight is not None))
        forward = (Count(flop=4, cheap=7, trans=2) + weighing) * n
        back = (Count(flop=6, cheap=6) + weighing) * n
        return Cost(forward + _reduction.reduction_cost(self.reduction, n), {"dx": back})

    CASES = (
        Case((uniform(4, 3, low=0.05, high=0.95), uniform(4, 3))),
        Case((uniform(5, low=0.01, high=0.99), Draw("labels", (5,), classes=2)), {"weight": 2.0}),
        Case(
            (uniform(2, 2, 3, low=0.1, high=0.9), uniform(2, 2, 3)),
            {"weight": (0.5, 1.0, 2.0), "reduction": "sum"},
        ),
        Case((uniform(6, low=0.1, high=0.9), Draw("onehot", (6,))), {"reduction": "none"}),
    )


def _logarithms(x: Any) -> tuple[Any, Any]:
    """log x and log(1 - x), both at least -100; NaN for x outside [0, 1]."""
    xp = namespace(x)
    impossible, certain = x == 0, x == 1
    log_x = xp.where(impossible, LOWEST, xp.log(xp.where(impossible, 1.0, x)))
    log_rest = xp.where(certain, LOWEST, xp.log1p(-xp.where(certain, 0.0, x)))
    return xp.maximum(log_x, LOWEST), log_rest
