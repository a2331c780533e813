"""Huber."""

from __future__ import annotations

from math import isfinite
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, normal
from backprove.counts import Cost, Count, elements
from backprove.errors import UsageError
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references


class Huber(Op):
    """The squared error near 0, continued by straight lines: l = d^2 / 2 where |d| <= delta, else
    delta (|d| - delta / 2), for d = x - target.

    x and target of one shape, whatever it is (nothing is broadcast); a target of whole numbers is
    taken in the dtype of x and has no gradient, a floating one has. y is a scalar for reduction
    "mean" and "sum", of the shape of x for "none". The mean is over all elements.

    Once differentiable everywhere. NaN gives NaN; an infinite x or target gives infinity with the
    gradient +-delta, two equal infinities NaN.

    Reference: Huber, "Robust estimation of a location parameter", Annals of Mathematical
    Statistics 35, 1964.
    """

    formula = r"y = \frac{1}{N} \sum_i \min(|d_i|, \delta) (|d_i| - \min(|d_i|, \delta) / 2)"
    reference = "huber1964"
    references = {  # noqa: RUF012
        "torch": "F.huber_loss(x, target, reduction=reduction, delta=delta)",
        "jax": _references.reduced(
            "jnp.where(abs(x - target) <= delta, (x - target) ** 2 / 2,"
            " delta * (abs(x - target) - delta / 2))"
        ),
        "paddle": "F.smooth_l1_loss(x, target, reduction=reduction, delta=delta)",
    }

    def __init__(self, delta: float = 1.0, reduction: str = "mean") -> None:
        if not (isfinite(delta) and delta > 0):
            raise UsageError("Huber expected a finite delta above 0, found {found}", found=delta)
        self.delta = float(delta)
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        xp = namespace(x)
        size = xp.abs(x - _reduction.paired("Huber", x, target))
        inner = xp.minimum(size, self.delta)
        return _reduction.reduce(inner * (size - 0.5 * inner), self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp = namespace(x)
        difference = x - _reduction.paired("Huber", x, target)
        slope = xp.maximum(xp.minimum(difference, self.delta), -self.delta)
        dx = _reduction.spread(dy, self.reduction, shape_of(x)) * slope
        return dx, _reduction.target_gradient(target, lambda: -dx)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        size, delta = m.abs(x - target), m.array(self.delta)
        losses = m.where(size <= delta, size**2 / 2, delta * (size - delta / 2))
        return _reduction.reduce_exact(m, losses, self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per element two differences, two products, size and minimum; backward clips."""
        n = elements(shapes[0])
        forward = Count(flop=4, cheap=2) * n + _reduction.reduction_cost(self.reduction, n)
        return Cost(forward, {"dx": Count(flop=1, cheap=2) * n})

    CASES = (
        Case((normal(4, 3), normal(4, 3))),
        Case((normal(2, 3, 2), normal(2, 3, 2)), {"delta": 0.5, "reduction": "sum"}),
        Case((normal(7, scale=3.0), normal(7)), {"delta": 2.0, "reduction": "none"}),
    )
