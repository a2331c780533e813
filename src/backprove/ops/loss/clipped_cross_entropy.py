"""ClippedCrossEntropy."""

from __future__ import annotations

from typing import Any

from backprove.arrays import Array, cast, namespace
from backprove.cases import Case, Draw, labels, uniform
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references, _targets


class ClippedCrossEntropy(Op):
    """Cross-entropy of outputs that are taken for probabilities, as Keras computes it.

    l_i = -sum_k t_ik log p_ik, p = min(max(q, epsilon), 1 - epsilon), q_ik = x_ik / sum_j x_ij.

    x (..., K), whatever the output layer; without `normalize` q = x. target (...) or (..., 1)
    class indices, or (..., K) probabilities. y is a scalar for reduction "mean" and "sum", (...)
    for "none". With a single output q is always 1, so nothing is learned. CrossEntropy takes
    logits, loses no digits and has no dead zone: prefer it.

    The gradient is 0 where p is cut, and that of the inside at the ends. With epsilon 0 nothing is
    cut, and a probability of 0 gives NaN even where its target is 0, as in a loss written out by
    hand. NaN, and a label outside [0, K), give NaN.

    Reference: Bishop, "Pattern recognition and machine learning", 2006, section 4.3.4.
    """

    aliases = ("CategoricalCrossEntropy",)
    formula = r"y = -\frac{1}{N} \sum_{ik} t_{ik} \log p_{ik}"
    reference = "bishop2006"
    references = {  # noqa: RUF012
        "jax": _references.by_class(
            "jnp.log(jnp.clip(x / x.sum(-1, keepdims=True) if normalize else x,"
            " epsilon, 1 - epsilon))",
            f"target if {_references.JAX_SOFT} else nn.one_hot(target.reshape(x.shape[:-1]),"
            " x.shape[-1], dtype=x.dtype)",
            "1.0", "jnp.ones(x.shape[:-1])", "True", "0.0",
        ),
    }  # fmt: skip

    def __init__(
        self, epsilon: float = 1e-7, normalize: bool = True, reduction: str = "mean"
    ) -> None:
        self.epsilon = _checks.epsilon("ClippedCrossEntropy", epsilon, zero=True)
        self.normalize = bool(normalize)
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        xp, t = namespace(x), self._read(x, target)
        losses = -xp.sum(t.q * xp.log(self._clipped(self._share(x))), axis=-1, keepdims=True)
        return _targets.reduce_rows(losses, self.reduction, t.counted)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp, t = namespace(x), self._read(x, target)
        q = self._share(x)
        p = self._clipped(q)
        scale = _targets.spread_rows(dy, self.reduction, t.counted)
        cut = (q < self.epsilon) | (q > 1 - self.epsilon)
        dx = xp.where(cut, 0.0, -t.q / p)
        if self.normalize:
            dx = (dx - xp.sum(dx * q, axis=-1, keepdims=True)) / xp.sum(x, axis=-1, keepdims=True)
        if t.share is None:
            return scale * dx, None
        return scale * dx, cast(-scale * t.share * xp.log(p), target.dtype)

    def _share(self, x: Array) -> Any:
        return x / namespace(x).sum(x, axis=-1, keepdims=True) if self.normalize else x

    def _clipped(self, q: Array) -> Any:
        xp = namespace(q)
        return xp.minimum(xp.maximum(q, self.epsilon), 1 - self.epsilon) if self.epsilon else q

    def _read(self, x: Array, target: Array) -> _targets.Targets:
        return _targets.read("ClippedCrossEntropy", x, target, None, -100, 0.0)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        k, index = x.shape[-1], target.dtype != object
        hot = m.array(target.reshape(*x.shape[:-1], 1) == list(range(k))) if index else target
        q = x / m.sum(x, axis=-1, keepdims=True) if self.normalize else x
        low = m.array(self.epsilon)
        p = -m.maximum(-m.maximum(q, low), low - 1) if self.epsilon else q
        losses = -m.sum(hot * m.log(p), axis=-1)
        return _reduction.reduce_exact(m, losses, self.reduction)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0][:-1])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per element a share, two cuts, a logarithm and a product; the mean over the rows."""
        n, rows = elements(shapes[0]), elements(shapes[0][:-1])
        shares = int(self.normalize)
        forward = Count(flop=2 + 2 * shares, cheap=2 + 1, trans=1) * n
        back = Count(flop=2 + 4 * shares, cheap=3) * n
        return Cost(forward + _reduction.reduction_cost(self.reduction, rows), {"dx": back})

    CASES = (
        Case((uniform(4, 5, low=0.1), labels(4, classes=5))),
        Case((uniform(3, 2, 4, low=0.1), labels(3, 2, 1, classes=4)), {"reduction": "sum"}),
        Case(
            (uniform(6, 3, low=0.1, high=0.9), Draw("probabilities", (6, 3))),
            {"normalize": False, "epsilon": 0.3},
        ),
        Case((uniform(4, 3, low=0.2), Draw("probabilities", (4, 3))), {"reduction": "none"}),
        Case((uniform(4, 3, low=0.2), labels(4, classes=3)), {"epsilon": 0.0}),
    )
