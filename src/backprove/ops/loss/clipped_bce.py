"""ClippedBCE."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, Draw, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references


class ClippedBCE(Op):
    """Binary cross-entropy of an output that is cut to [epsilon, 1 - epsilon] first, as in Keras.

    l = -(target log p + (1 - target) log(1 - p)), p = min(max(x, epsilon), 1 - epsilon).

    x may be any number, whatever the output layer; outside of the interval the loss is constant
    and the gradient 0, so an output that has left it cannot come back. Prefer BCEWithLogits, which
    has no such dead zone.

    x and target of one shape, whatever it is (nothing is broadcast); a target of whole numbers is
    taken in the dtype of x and has no gradient, a floating one has. Targets outside [0, 1] are not
    refused: the loss is then unbounded below in p. y is a scalar for reduction "mean" and "sum",
    of the shape of x for "none". The gradient at the ends of the interval is that of the inside.
    NaN gives NaN.

    Reference: Bishop, "Neural networks for pattern recognition", 1995, section 6.7.
    """

    formula = r"y = -\frac{1}{N} \sum_i (t_i \log p_i + (1 - t_i) \log(1 - p_i))"
    reference = "bishop1995"
    references = {  # noqa: RUF012
        "torch": "F.binary_cross_entropy(x.clamp(epsilon, 1 - epsilon), target.to(x.dtype),"
        " reduction=reduction)",
        "jax": _references.reduced(
            "(lambda p: -(target * jnp.log(p) + (1 - target) * jnp.log1p(-p)))"
            "(jnp.clip(x, epsilon, 1 - epsilon))"
        ),
    }

    def __init__(self, epsilon: float = 1e-7, reduction: str = "mean") -> None:
        self.epsilon = _checks.epsilon("ClippedBCE", epsilon)
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        xp, t = namespace(x), _reduction.paired("ClippedBCE", x, target)
        p = self._clipped(x)
        return _reduction.reduce(-(t * xp.log(p) + (1 - t) * xp.log1p(-p)), self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp, t = namespace(x), _reduction.paired("ClippedBCE", x, target)
        scale, p = _reduction.spread(dy, self.reduction, shape_of(x)), self._clipped(x)
        inside = ~((x < self.epsilon) | (x > 1 - self.epsilon))
        dx = xp.where(inside, scale * ((1 - t) / (1 - p) - t / p), 0.0)
        return dx, _reduction.target_gradient(target, lambda: scale * (xp.log1p(-p) - xp.log(p)))

    def _clipped(self, x: Array) -> Any:
        xp = namespace(x)
        return xp.minimum(xp.maximum(x, self.epsilon), 1 - self.epsilon)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        low = m.array(self.epsilon)
        p = -m.maximum(-m.maximum(x, low), low - 1)
        losses = -(target * m.log(p) + (1 - target) * m.log(1 - p))
        return _reduction.reduce_exact(m, losses, self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per element two cuts, two logarithms, a sum of two products; the mean."""
        n = elements(shapes[0])
        forward = Count(flop=6, cheap=2, trans=2) * n
        back = Count(flop=6, cheap=5) * n
        return Cost(forward + _reduction.reduction_cost(self.reduction, n), {"dx": back})

    CASES = (
        Case((uniform(4, 3, low=0.05, high=0.95), uniform(4, 3))),
        Case((uniform(8, low=-0.5, high=1.5), Draw("labels", (8,), classes=2)), {"epsilon": 0.2}),
        Case(
            (uniform(2, 2, 3, low=0.1, high=0.9), uniform(2, 2, 3)),
            {"epsilon": 0.05, "reduction": "sum"},
        ),
        Case((uniform(6, low=0.1, high=0.9), Draw("onehot", (6,))), {"reduction": "none"}),
    )
