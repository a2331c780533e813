"""PoissonNLL."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, labels, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references


class PoissonNLL(Op):
    """The negative log-likelihood of counts, for the rate of a Poisson law:
    l = x - target log(x + epsilon).

    Without the term log(target!), which does not depend on x; so the least loss is not 0. It is
    PyTorch's poisson_nll_loss with log_input=False, and Keras' "poisson".

    x >= 0 and target of one shape, whatever it is (nothing is broadcast); a target of whole
    numbers is taken in the dtype of x and has no gradient, a floating one has. y is a scalar for
    reduction "mean" and "sum", of the shape of x for "none". The mean is over all elements.

    Smooth for x > -epsilon, NaN below. NaN gives NaN.

    Reference: Bishop, "Pattern recognition and machine learning", 2006, section 2.4.
    """

    aliases = ("Poisson",)
    formula = r"y = \frac{1}{N} \sum_i (x_i - t_i \log(x_i + \epsilon))"
    reference = "bishop2006"
    references = {  # noqa: RUF012
        "torch": "F.poisson_nll_loss(x, target.to(x.dtype), log_input=False, full=False,"
        " eps=epsilon, reduction=reduction)",
        "jax": _references.reduced("x - target * jnp.log(x + epsilon)"),
        "paddle": "F.poisson_nll_loss(x, target.astype(x.dtype), log_input=False, full=False,"
        " epsilon=epsilon, reduction=reduction)",
    }

    def __init__(self, epsilon: float = 1e-7, reduction: str = "mean") -> None:
        self.epsilon = _checks.epsilon("PoissonNLL", epsilon)
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        t = _reduction.paired("PoissonNLL", x, target)
        return _reduction.reduce(x - t * namespace(x).log(x + self.epsilon), self.reduction)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp, t = namespace(x), _reduction.paired("PoissonNLL", x, target)
        scale = _reduction.spread(dy, self.reduction, shape_of(x))
        dx = scale * (1 - t / (x + self.epsilon))
        return dx, _reduction.target_gradient(target, lambda: -scale * xp.log(x + self.epsilon))

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        losses = x - target * m.log(x + m.array(self.epsilon))
        return _reduction.reduce_exact(m, losses, self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per element a logarithm, two sums and a product; the mean."""
        n = elements(shapes[0])
        forward = Count(flop=3, trans=1) * n + _reduction.reduction_cost(self.reduction, n)
        return Cost(forward, {"dx": Count(flop=3) * n})

    CASES = (
        Case((uniform(4, 3, low=0.1, high=5.0), labels(4, 3, classes=6))),
        Case((uniform(2, 3, low=0.5, high=2.0), uniform(2, 3)), {"reduction": "sum"}),
        Case((uniform(5, low=0.1), uniform(5)), {"reduction": "none", "epsilon": 0.25}),
    )
