"""L1."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, Draw, labels, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references


class L1(Op):
    """The absolute error: l = |x - target|.

    x and target of one shape, whatever it is (nothing is broadcast); a target of whole numbers is
    taken in the dtype of x and has no gradient, a floating one has. y is a scalar for reduction
    "mean" and "sum", of the shape of x for "none". The mean is over all elements.

    Kink: where x = target the gradient is 0, as in PyTorch and Paddle; that of abs in JAX is 1.
    NaN gives NaN; an infinite x or target gives infinity with the gradient +-1, as everywhere
    (Paddle gives NaN there), two equal infinities NaN.

    Reference: Boscovich, "De litteraria expeditione per pontificiam ditionem", 1757.
    """

    formula = r"y = \frac{1}{N} \sum_i |x_i - t_i|"
    reference = "boscovich1757"
    references = {  # noqa: RUF012
        "torch": "F.l1_loss(x, target.to(x.dtype), reduction=reduction)",
        "jax": _references.reduced("jnp.abs(x - target)"),
        "paddle": "F.l1_loss(x, target.astype(x.dtype), reduction=reduction)",
    }

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        difference = x - _reduction.paired("L1", x, target)
        return _reduction.reduce(namespace(x).abs(difference), self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        difference = x - _reduction.paired("L1", x, target)
        dx = _reduction.spread(dy, self.reduction, shape_of(x)) * namespace(x).sign(difference)
        return dx, _reduction.target_gradient(target, lambda: -dx)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        return _reduction.reduce_exact(m, m.abs(x - target), self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A difference and its size per element, and the mean; backward uses the difference."""
        n = elements(shapes[0])
        forward = Count(flop=n, cheap=n) + _reduction.reduction_cost(self.reduction, n)
        return Cost(forward, {"dx": Count(flop=n, cheap=n)})

    CASES = (
        Case((normal(4, 3), normal(4, 3))),
        Case((normal(2, 3, 2), normal(2, 3, 2)), {"reduction": "sum"}),
        Case((normal(5), Draw("onehot", (5,))), {"reduction": "none"}),
        Case((normal(6), labels(6, classes=4))),
    )
