"""SmoothL1."""

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


class SmoothL1(Op):
    """The absolute error with a rounded tip: l = d^2 / (2 beta) where |d| < beta, else
    |d| - beta / 2, for d = x - target.

    PyTorch's form: Huber's loss divided by beta, so that the slope stays 1. Paddle's
    smooth_l1_loss is Huber's. beta 0 is the absolute error.

    x and target of one shape, whatever it is (nothing is broadcast); a target of whole numbers is
    taken in the dtype of x and has no gradient, a floating one has. y is a scalar for reduction
    "mean" and "sum", of the shape of x for "none". The mean is over all elements.

    Once differentiable everywhere; with beta 0 the gradient at d = 0 is 0. NaN gives NaN; an
    infinite x or target gives infinity with the gradient +-1, two equal infinities NaN.

    Reference: Girshick, "Fast R-CNN", ICCV 2015.
    """

    formula = r"y = \frac{1}{N} \sum_i \min(|d_i|, \beta) (|d_i| - \min(|d_i|, \beta) / 2) / \beta"
    reference = "girshick2015"
    references = {  # noqa: RUF012
        "torch": "F.smooth_l1_loss(x, target, reduction=reduction, beta=beta)",
        "jax": _references.reduced(
            "jnp.where(abs(x - target) < beta, (x - target) ** 2 / (2 * beta or 1),"
            " abs(x - target) - beta / 2)"
        ),
        "paddle": "F.smooth_l1_loss(x, target, reduction=reduction, delta=beta) / beta if beta"
        " else F.l1_loss(x, target, reduction=reduction)",
    }

    def __init__(self, beta: float = 1.0, reduction: str = "mean") -> None:
        if not (isfinite(beta) and beta >= 0):
            raise UsageError(
                "SmoothL1 expected a finite beta of 0 or more, found {found}", found=beta
            )
        self.beta = float(beta)
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        xp = namespace(x)
        size = xp.abs(x - _reduction.paired("SmoothL1", x, target))
        if self.beta:
            inner = xp.minimum(size, self.beta)
            size = inner / self.beta * (size - 0.5 * inner)
        return _reduction.reduce(size, self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp, beta = namespace(x), self.beta
        difference = x - _reduction.paired("SmoothL1", x, target)
        if beta:
            slope = xp.maximum(xp.minimum(difference, beta), -beta) / beta
        else:
            slope = xp.sign(difference)
        dx = _reduction.spread(dy, self.reduction, shape_of(x)) * slope
        return dx, _reduction.target_gradient(target, lambda: -dx)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        size, beta = m.abs(x - target), self.beta
        square = size**2 / (2 * m.array(beta)) if beta else size
        losses = m.where(size < beta, square, size - m.array(beta) / 2)
        return _reduction.reduce_exact(m, losses, self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per element a difference, a quotient, two products, a difference; size and minimum."""
        n = elements(shapes[0])
        each = Count(flop=5, cheap=2) if self.beta else Count(flop=1, cheap=1)
        back = Count(flop=2, cheap=2) if self.beta else Count(flop=1, cheap=1)
        return Cost(each * n + _reduction.reduction_cost(self.reduction, n), {"dx": back * n})

    CASES = (
        Case((normal(4, 3), normal(4, 3))),
        Case((normal(2, 3, 2), normal(2, 3, 2)), {"beta": 0.5, "reduction": "sum"}),
        Case((normal(7, scale=3.0), normal(7)), {"beta": 2.0, "reduction": "none"}),
        Case((normal(6), normal(6)), {"beta": 0.0}),
    )
