"""MSE."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array
from backprove.arrays import shape as shape_of
from backprove.cases import Case, Draw, labels, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references


class MSE(Op):
    """The squared error: l = (x - target)^2.

    x and target of one shape, whatever it is (nothing is broadcast); a target of whole numbers is
    taken in the dtype of x and has no gradient, a floating one has. y is a scalar for reduction
    "mean" and "sum", of the shape of x for "none". The mean is over all elements.

    Smooth everywhere. NaN gives NaN; an infinite x or target gives infinity and an infinite
    gradient, two equal infinities NaN.

    Reference: Gauss, "Theoria combinationis observationum erroribus minimis obnoxiae", 1823.
    """

    formula = r"y = \frac{1}{N} \sum_i (x_i - t_i)^2"
    reference = "gauss1823"
    references = {  # noqa: RUF012
        "torch": "F.mse_loss(x, target.to(x.dtype), reduction=reduction)",
        "jax": _references.reduced("jnp.square(x - target)"),
        "paddle": "F.mse_loss(x, target.astype(x.dtype), reduction=reduction)",
    }

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        difference = x - _reduction.paired("MSE", x, target)
        return _reduction.reduce(difference * difference, self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        difference = x - _reduction.paired("MSE", x, target)
        dx = 2 * _reduction.spread(dy, self.reduction, shape_of(x)) * difference
        return dx, _reduction.target_gradient(target, lambda: -dx)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        return _reduction.reduce_exact(m, (x - target) ** 2, self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A difference and a square per element, and the mean; backward uses the difference."""
        n = elements(shapes[0])
        forward = Count(flop=2 * n) + _reduction.reduction_cost(self.reduction, n)
        return Cost(forward, {"dx": Count(flop=n)})

    CASES = (
        Case((normal(4, 3), normal(4, 3))),
        Case((normal(2, 3, 2), normal(2, 3, 2)), {"reduction": "sum"}),
        Case((normal(5), Draw("onehot", (5,))), {"reduction": "none"}),
        Case((normal(6), labels(6, classes=4))),
    )
