"""Hinge."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, Draw, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references


class Hinge(Op):
    """The hinge loss of a margin classifier: l = max(0, 1 - target x), for targets -1 and +1.

    The loss of support vector machines, as in scikit-learn's hinge_loss and optax's; PyTorch and
    Paddle have it as margin_ranking_loss(x, 0, target, margin=1). Their hinge_embedding_loss is
    another function (of a distance). Targets 0 and 1 must be mapped to -1 and +1 first.

    x (the score) and target of one shape, whatever it is (nothing is broadcast); a target of whole
    numbers is taken in the dtype of x and has no gradient, a floating one has. y is a scalar for
    reduction "mean" and "sum", of the shape of x for "none". The mean is over all elements.

    Kink: where target x = 1 the gradient is 0 (the smallest subgradient), as in Paddle; PyTorch
    takes that of the slope. NaN gives NaN. A score of infinity with its target's sign costs
    nothing, with the other sign it costs infinity.

    Reference: Cortes and Vapnik, "Support-vector networks", Machine Learning 20, 1995.
    """

    formula = r"y = \frac{1}{N} \sum_i \max(0, 1 - t_i x_i)"
    reference = "cortes1995"
    references = {  # noqa: RUF012
        "torch": "F.margin_ranking_loss(x, torch.zeros_like(x), target, 1.0, reduction=reduction)",
        "jax": _references.reduced("jnp.maximum(0, 1 - target * x)"),
        "paddle": "F.margin_ranking_loss(x, paddle.zeros_like(x), target, 1.0, reduction)",
    }

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        short = 1 - _reduction.paired("Hinge", x, target) * x
        return _reduction.reduce(namespace(x).maximum(short, 0.0), self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp, t = namespace(x), _reduction.paired("Hinge", x, target)
        scale = _reduction.spread(dy, self.reduction, shape_of(x))
        met = t * x >= 1
        dx = -scale * xp.where(met, 0.0, t)
        return dx, _reduction.target_gradient(target, lambda: -scale * xp.where(met, 0.0, x))

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        return _reduction.reduce_exact(m, m.maximum(0, 1 - target * x), self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A product, a difference and a maximum per element, and the mean.

        Backward has the product again, a comparison, a selection and the scaling.
        """
        n = elements(shapes[0])
        forward = Count(flop=2, cheap=1) * n + _reduction.reduction_cost(self.reduction, n)
        return Cost(forward, {"dx": Count(flop=2, cheap=2) * n})

    CASES = (
        Case((normal(4, 3), Draw("signs", (4, 3)))),
        Case((normal(2, 3, 2), Draw("signs", (2, 3, 2))), {"reduction": "sum"}),
        Case((normal(9, scale=3.0), Draw("signs", (9,))), {"reduction": "none"}),
    )
