"""NLL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backprove.arrays import Array, namespace
from backprove.arrays import shape as shape_of
from backprove.cases import Case, labels, normal
from backprove.counts import Cost, Count, elements
from backprove.op import Op
from backprove.ops.loss import _checks, _reduction, _references, _targets


class NLL(Op):
    """The negative log-likelihood of the labels, for log-probabilities.

    l_i = -w_(t_i) x_(i, t_i), with w the class weights.

    x (..., K) log-probabilities, as LogSoftmax gives them (the last axis holds the classes;
    PyTorch takes the second one); target (...) or (..., 1) class indices. y is a scalar for
    reduction "mean" and "sum", (...) for "none". The mean divides by the summed weights of the
    labels. Rows whose label is `ignore_index` count nothing; the mean of no row is NaN, with
    gradient 0. The target has no gradient.

    Linear, so there is no kink. A label outside [0, K) gives NaN. NaN and infinity at the label
    go through, those of other classes are not looked at.

    The reference for Paddle is written out, because nll_loss of Paddle 3.3.1 corrupts its
    memory if a label is ignored and the reduction is "mean" or "sum".

    Reference: Bishop, "Pattern recognition and machine learning", 2006, section 4.3.4.
    """

    aux = ("shape",)
    formula = r"y = -\frac{1}{N} \sum_i x_{i t_i}"
    reference = "bishop2006"
    references = {  # noqa: RUF012
        "torch": "F.nll_loss(x.reshape(-1, x.shape[-1]), target.long().reshape(-1),"
        f" {_references.TORCH_WEIGHT}, ignore_index=ignore_index, reduction=reduction)",
        "jax": _references.JAX_NLL,
        "paddle": _references.PADDLE_NLL,
    }

    def __init__(
        self,
        weight: Sequence[float] | None = None,
        ignore_index: int = -100,
        reduction: str = "mean",
    ) -> None:
        self.weight = _checks.class_weights("NLL", weight)
        self.ignore_index = _checks.ignore_index("NLL", ignore_index)
        self.reduction = _checks.reduction(reduction)

    def forward(self, x: Array, target: Array) -> Any:
        xp = namespace(x)
        q, _, counted, _ = self._read(x, shape_of(x), target)
        losses = -xp.sum(q * xp.where(q == 0, 0.0, x), axis=-1, keepdims=True)
        y = _targets.reduce_rows(losses, self.reduction, counted)
        return y, {"shape": shape_of(x)}

    def backward(self, dy: Array, *, target: Array, shape: tuple[int, ...]) -> Any:
        q, _, counted, _ = self._read(dy, shape, target)
        return -q * _targets.spread_rows(dy, self.reduction, counted), None

    def _read(self, like: Array, shape: tuple[int, ...], target: Array) -> _targets.Targets:
        return _targets.labels("NLL", like, shape, target, self.weight, self.ignore_index)

    def definition(self, m: Any, x: Any, target: Any) -> Any:
        k = x.shape[-1]
        index = target.reshape(*x.shape[:-1], 1)
        hot = m.array((index == list(range(k))) & (index != self.ignore_index))
        w = hot * m.array(self.weight or (1,) * k)
        losses = -m.sum(w * x, axis=-1)
        if self.reduction == "none":
            return losses
        return m.sum(losses) / (m.sum(w) if self.reduction == "mean" else 1)

    def shape(self, *shapes: tuple[int, ...]) -> tuple[int, ...]:
        return _reduction.output_shape(self.reduction, shapes[0][:-1])

    def cost(self, *shapes: tuple[int, ...]) -> Cost:
        """A sign for every row, and the mean; with weights a product more, both ways."""
        rows = elements(shapes[0][:-1])
        row = Count(flop=int(self.weight is not None), cheap=1) * rows
        return Cost(row + _reduction.reduction_cost(self.reduction, rows), {"dx": row})

    CASES = (
        Case((normal(4, 5), labels(4, classes=5))),
        Case((normal(3, 2, 4), labels(3, 2, 1, classes=4)), {"reduction": "none"}),
        Case((normal(7, 3), labels(7, classes=3)), {"reduction": "sum", "weight": (2.0, 0.0, 0.5)}),
        Case(
            (normal(6, 3), labels(6, classes=3)),
            {"weight": (0.2, 0.3, 0.5), "ignore_index": 1},
        ),
    )
