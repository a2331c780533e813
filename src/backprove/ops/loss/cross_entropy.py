"""CrossEntropy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprove.arrays import Array, cast, namespace
from backprove.cases import Case, Draw, labels, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references, _softmax, _targets


class CrossEntropy(Op):
    """Softmax cross-entropy of logits.

    l_i = -sum_k q_ik log softmax(x_i)_k, with q the class weights times the smoothed target,
    (1 - label_smoothing) target + label_smoothing / K.

    x (..., K) logits; target (...) or (..., 1) class indices, or (..., K) floating probabilities
    (which need not sum to 1). y is a scalar for reduction "mean" and "sum", (...) for "none". The
    mean divides by the summed weights of the labels (of the rows for probabilities), as in
    PyTorch; Paddle smooths and weighs in another way, and counts ignored rows in the mean if
    `ignore_index` is negative. Rows whose label is `ignore_index` count nothing; the mean of no
    row is NaN with gradient 0. Probabilities have a gradient, indices none.

    Smooth everywhere. A label outside [0, K) gives NaN, and so does any NaN in a row that counts.
    A logit of -infinity costs nothing where its target is 0, a single +infinity is certain; rows
    without a limit (two +infinities, only -infinities) are NaN. A nearly certain class keeps its
    digits. The loss overflows only where a difference of two logits does.

    Reference: Bridle, "Probabilistic interpretation of feedforward classification network
    outputs", 1990; smoothing: Szegedy et al., CVPR 2016.
    """

    formula = r"y = -\frac{1}{N} \sum_i \log \frac{e^{x_{i t_i}}}{\sum_k e^{x_{ik}}}"
    reference = "bridle1990"
    references = {  # noqa: RUF012
        "torch": "F.cross_entropy(x.reshape(-1, x.shape[-1]), target.reshape(-1, x.shape[-1])"
        " if target.is_floating_point() else target.long().reshape(-1),"
        f" {_references.TORCH_WEIGHT}, ignore_index=ignore_index, reduction=reduction,"
        " label_smoothing=label_smoothing)",
        "jax": _references.JAX_CROSS_ENTROPY,
        "paddle": "F.cross_entropy(x, target, ignore_index=ignore_index, reduction=reduction,"
        " soft_label=target.is_floating_point()) if weight is None and label_smoothing == 0"
        f" else {_references.PADDLE_CROSS_ENTROPY}",
    }

    def __init__(
        self,
        weight: Sequence[float] | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> None:
        self.weight = _checks.class_weights("CrossEntropy", weight)
        self.ignore_index = _checks.ignore_index("CrossEntropy", ignore_index)
        self.label_smoothing = _checks.smoothing("CrossEntropy", label_smoothing)
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        xp = namespace(x)
        q, total, counted, _ = self._read(x, target)
        largest, top, _, rest = _softmax.exponentials(x)
        gap = _softmax.below(x, largest, top | (q == 0))
        losses = xp.sum(q * gap, axis=-1, keepdims=True)
        losses = losses + total * xp.log1p(xp.where(total == 0, 0.0, rest))
        return _targets.reduce_rows(losses, self.reduction, counted)

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp = namespace(x)
        q, total, counted, share = self._read(x, target)
        largest, top, exps, rest = _softmax.exponentials(x)
        dx = xp.where(top, total - q - q * rest, total * exps - q * (1 + rest)) / (1 + rest)
        dx = xp.where(total == 0, 0.0 - q, dx)
        scale = _targets.spread_rows(dy, self.reduction, counted)
        if share is None:
            return scale * dx, None
        gap = _softmax.below(x, largest, top | (share == 0))
        return scale * dx, cast(scale * share * (gap + xp.log1p(rest)), target.dtype)

    def _read(self, x: Array, target: Array) -> _targets.Targets:
        settings = (self.weight, self.ignore_index, self.label_smoothing)
        return _targets.read("CrossEntropy", x, target, *settings)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        k, s, index = x.shape[-1], self.label_smoothing, target.dtype != object
        labels = target.reshape(*x.shape[:-1], 1) if index else None
        hot = m.array(labels == list(range(k))) if index else target
        kept = m.array(labels != self.ignore_index) if index else 1
        w = m.array(self.weight or (1,) * k) * kept
        q = w * ((1 - m.array(s)) * hot + m.array(s) / k)
        losses = -m.sum(q * (x - m.log(m.sum(m.exp(x), axis=-1, keepdims=True))), axis=-1)
        if self.reduction == "none":
            return losses
        count = m.sum(w * hot) if index else losses.size
        return m.sum(losses) / (count if self.reduction == "mean" else 1)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0][:-1])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per row: K - 1 comparisons, K exponentials, a logarithm, 2K + 1 additions; the mean."""
        k, rows = shapes[0][-1], elements(shapes[0][:-1])
        flop, cheap = rows * (2 * k + 1), rows * (k - 1)
        forward = Count(flop=flop, cheap=cheap, trans=rows * (k + 1))
        forward = forward + _reduction.reduction_cost(self.reduction, rows)
        return Cost(forward, {"dx": Count(flop=flop)})

    CASES = (
        Case((normal(4, 5), labels(4, classes=5))),
        Case((normal(3, 2, 4), labels(3, 2, 1, classes=4)), {"reduction": "sum"}),
        Case(
            (normal(6, 3), labels(6, classes=3)),
            {"weight": (0.2, 0.3, 0.5), "label_smoothing": 0.1, "ignore_index": 1},
        ),
        Case((normal(4, 3), Draw("probabilities", (4, 3))), {"reduction": "none"}),
    )
