"""CrossEntropy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprove.arrays import Array, namespace
from backprove.cases import Case, Draw, labels, normal
from backprove.counts import Cost, Count, elements
from backprove.errors import UsageError
from backprove.op import Op
from backprove.ops.loss._reduction import check_reduction
from backprove.ops.loss._targets import target_weights


class CrossEntropy(Op):
    """Softmax cross-entropy of logits, computed without overflow.

    l_i = -sum_k q_ik log softmax(x_i)_k, with q the class weights times the smoothed target,
    (1 - label_smoothing) target + label_smoothing / K.

    x (..., K) logits; target (...) or (..., 1) class indices, or (..., K) probabilities.
    y is a scalar for reduction "mean" and "sum", (...) for "none". The mean divides by the summed
    weights of the labels (of the rows for probabilities), as in PyTorch; Paddle smooths and weighs
    in another way. Rows whose label is `ignore_index` count nothing.

    Smooth everywhere. A label outside [0, K) and any NaN give NaN; a logit of -infinity costs
    nothing where its target is 0. The target gets no gradient.

    Reference: Bridle, "Probabilistic interpretation of feedforward classification network
    outputs", 1990; smoothing: Szegedy et al., CVPR 2016.
    """

    formula = r"y = -\frac{1}{N} \sum_i \log \frac{e^{x_{i t_i}}}{\sum_k e^{x_{ik}}}"
    reference = "bridle1990"
    references = {  # noqa: RUF012
        "torch": "F.cross_entropy(x.reshape(-1, x.shape[-1]),"
        " target if target.is_floating_point() else target.long().reshape(-1),"
        " None if weight is None else torch.tensor(weight, dtype=x.dtype),"
        " ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing)",
    }

    def __init__(
        self,
        weight: Sequence[float] | None = None,
        ignore_index: int = -100,
        label_smoothing: float = 0.0,
        reduction: str = "mean",
    ) -> None:
        if not 0.0 <= label_smoothing <= 1.0:
            raise UsageError(
                "CrossEntropy expected label_smoothing between 0 and 1, found {found}",
                found=label_smoothing,
            )
        self.weight = None if weight is None else tuple(float(w) for w in weight)
        self.ignore_index = int(ignore_index)
        self.label_smoothing = float(label_smoothing)
        self.reduction = check_reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        xp = namespace(x)
        shifted = x - xp.max(x, axis=-1, keepdims=True)
        log_p = shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))
        q, divisor = self._weights(x, target)
        losses = -xp.sum(xp.where(q == 0, 0.0, q * log_p), axis=-1)
        if self.reduction == "none":
            return losses
        total = xp.sum(losses)
        return total / divisor if self.reduction == "mean" else total

    def backward(self, dy: Array, *, x: Array, target: Array) -> Any:
        xp = namespace(x)
        exps = xp.exp(x - xp.max(x, axis=-1, keepdims=True))
        p = exps / xp.sum(exps, axis=-1, keepdims=True)
        q, divisor = self._weights(x, target)
        dx = p * xp.sum(q, axis=-1, keepdims=True) - q
        if self.reduction == "none":
            return xp.expand_dims(dy, axis=-1) * dx, None
        return (dy / divisor if self.reduction == "mean" else dy) * dx, None

    def _weights(self, x: Array, target: Array) -> tuple[Any, Any]:
        settings = (self.weight, self.ignore_index, self.label_smoothing)
        return target_weights("CrossEntropy", x, target, *settings)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        k, s = x.shape[-1], self.label_smoothing
        w = m.array(self.weight or (1,) * k)
        index = x.shape != target.shape
        hot = m.array(target.reshape(-1, 1) == list(range(k))) if index else target
        rows = hot.reshape(x.shape) * w * ((1 - s) if s else 1) + s * w / k
        if index:
            rows = rows * m.array(target.reshape(*x.shape[:-1], 1) != self.ignore_index)
        losses = -m.sum(rows * (x - m.log(m.sum(m.exp(x), axis=-1, keepdims=True))), axis=-1)
        if self.reduction == "none":
            return losses
        n = m.sum(hot.reshape(x.shape) * w * (rows != 0)) if index else losses.size
        return m.sum(losses) / (n if self.reduction == "mean" else 1)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return shapes[0][:-1] if self.reduction == "none" else ()

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """Per row: K - 1 comparisons, K exponentials, a logarithm, 2K + 1 additions; the mean."""
        k, rows = shapes[0][-1], elements(shapes[0][:-1])
        mean = rows if self.reduction == "mean" else 0
        flop, cheap = rows * (2 * k + 1), rows * (k - 1)
        forward = Count(flop=flop + mean, cheap=cheap, trans=rows * (k + 1))
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
