"""BCEWithLogits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, Draw, normal, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references


class BCEWithLogits(Op):
    """Binary cross-entropy of logits, without overflow and without losing the tail.

    l = w (p target log(1 + e^-x) + (1 - target) log(1 + e^x)), with w the weight and p the
    pos_weight.

    x and target of one shape, whatever it is (nothing is broadcast); a target of whole numbers is
    taken in the dtype of x and has no gradient, a floating one has. `weight` and `pos_weight` are
    one number or one for each entry of the last axis. y is a scalar for reduction "mean" and
    "sum", of the shape of x for "none". The mean is over all elements, whatever their weights.

    Smooth everywhere, so the gradient at a logit of 0 is w (1 - target - p target) / 2 (Paddle
    3.3.1 is off by 1 there for targets 0 and 1). An infinite logit that agrees with its target
    costs nothing, any other costs infinity; its gradient is the limit. NaN gives NaN.

    Reference: Cox, "The regression analysis of binary sequences", Journal of the Royal
    Statistical Society B 20, 1958.
    """

    formula = (
        r"y = \frac{1}{N} \sum_i w_i (p_i t_i \log(1 + e^{-x_i}) + (1 - t_i) \log(1 + e^{x_i}))"
    )
    reference = "cox1958"
    references = {  # noqa: RUF012
        "torch": "F.binary_cross_entropy_with_logits(x, target.to(x.dtype),"
        f" {_references.TORCH_WEIGHT}, None, None, reduction, {_references.TORCH_POS_WEIGHT})",
        "jax": _references.reduced(
            "(1.0 if weight is None else jnp.asarray(weight)) * ((1 - target) * nn.softplus(x) +"
            " (1.0 if pos_weight is None else jnp.asarray(pos_weight)) * target * nn.softplus(-x))"
        ),
        "paddle": "F.binary_cross_entropy_with_logits(x, target.astype(x.dtype),"
        f" {_references.PADDLE_WEIGHT}, reduction, {_references.PADDLE_POS_WEIGHT})",
    }

    def __init__(
        self,
        weight: float | Sequence[float] | None = None,
        pos_weight: float | Sequence[float] | None = None,
        reduction: str = "mean",
    ) -> None:
        self.weight = _checks.weight("BCEWithLogits", "weight", weight)
        self.pos_weight = _checks.weight("BCEWithLogits", "pos_weight", pos_weight)
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        xp = namespace(x)
        off, on, weight = self._read(x, target)
        size, wrong = xp.abs(x), xp.where(x > 0, off, on)
        losses = (off + on) * xp.log1p(xp.exp(-size)) + wrong * xp.where(wrong == 0, 0.0, size)
        return _reduction.reduce(_reduction.times(losses, weight), self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp = namespace(x)
        off, on, weight = self._read(x, target)
        size, positive = xp.abs(x), x > 0
        small = xp.exp(-size)
        slope = off * xp.where(positive, 1.0, small) - on * xp.where(positive, small, 1.0)
        scale = _reduction.spread(dy, self.reduction, shape_of(x))

        def by_target() -> Any:
            _, p, _ = self._read(x, xp.ones_like(x))
            lean = xp.where(positive, -1.0, p)
            gain = (p - 1) * xp.log1p(small) + lean * xp.where(lean == 0, 0.0, size)
            return scale * _reduction.times(gain, weight)

        dx = scale * _reduction.times(slope / (1 + small), weight)
        return dx, _reduction.target_gradient(target, by_target)

    def _read(self, x: Array, target: Array) -> tuple[Any, Any, Any]:
        """1 - target, pos_weight * target, and the weight."""
        t = _reduction.paired("BCEWithLogits", x, target)
        both = (("weight", self.weight), ("pos_weight", self.pos_weight))
        weight, pos_weight = (
            _reduction.weight_of("BCEWithLogits", k, w, shape_of(x), x) for k, w in both
        )
        return 1 - t, _reduction.times(t, pos_weight), weight

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        weight, p = (m.array(1.0 if w is None else w) for w in (self.weight, self.pos_weight))
        on, off = p * target * m.log(1 + m.exp(-x)), (1 - target) * m.log(1 + m.exp(x))
        return _reduction.reduce_exact(m, weight * (on + off), self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """That of max(x, 0) - target x + log(1 + exp(-|x|)), a product a weight, and the mean."""
        n = elements(shapes[0])
        weights = Count(flop=sum(w is not None for w in (self.weight, self.pos_weight)))
        forward = (Count(flop=3, cheap=3, trans=2) + weights) * n
        back = (Count(flop=4, cheap=1, trans=1) + weights) * n
        return Cost(forward + _reduction.reduction_cost(self.reduction, n), {"dx": back})

    CASES = (
        Case((normal(4, 3, scale=3.0), uniform(4, 3))),
        Case((normal(5), Draw("labels", (5,), classes=2)), {"weight": 2.0, "pos_weight": 3.0}),
        Case(
            (normal(2, 2, 3), uniform(2, 2, 3)),
            {"weight": (0.5, 1.0, 2.0), "pos_weight": (2.0, 0.0, 0.5), "reduction": "sum"},
        ),
        Case((normal(6, scale=10.0), Draw("onehot", (6,))), {"reduction": "none"}),
    )
