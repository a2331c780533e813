"""Losses that pair or normalise along the wrong axis."""

from __future__ import annotations

from typing import Any

from backprove.arrays import namespace, sum_to_shape
from backprove.arrays import shape as shape_of
from backprove.errors import UsageError
from backprove.op import Op
from backprove.train.config import MistakesConfig
from backprove.train.metrics.base import Metric, Sums


def with_wrong_loss(mistakes: MistakesConfig, loss: Op) -> Op:
    """The loss with the mistakes that concern it. Raises UsageError for two at once."""
    if mistakes.broadcast_targets and mistakes.softmax_over_batch:
        raise UsageError(
            "expected one mistake of the loss, found broadcast_targets and softmax_over_batch: "
            "choose one"
        )
    if mistakes.broadcast_targets:
        return BroadcastTargets(loss)
    return SoftmaxOverBatch() if mistakes.softmax_over_batch else loss


def with_wrong_metric(mistakes: MistakesConfig, metric: Metric) -> Metric:
    """The metric under the mistakes that concern it."""
    return BroadcastMetric(metric) if mistakes.broadcast_targets else metric


class BroadcastTargets(Op):
    """One target a row, broadcast as NumPy does it instead of being refused.

    One output: targets of shape (N,) against outputs (N, 1) give all N x N pairs, so the best is
    the same answer for all rows. Several outputs: all of them are held against the one target.

    x (N, K), target (N, 1). Raises UsageError for other targets.
    """

    def __init__(self, loss: Op) -> None:
        self.loss = loss
        self.reduction = getattr(loss, "reduction", "mean")

    def forward(self, x: Any, target: Any) -> Any:
        return self.loss.fwd(*self._pairs(x, target))[0]

    def backward(self, dy: Any, *, x: Any, target: Any) -> Any:
        _, saved = self.loss.fwd(*self._pairs(x, target))
        (dx, _), _ = self.loss.bwd(saved, dy)
        return sum_to_shape(dx, shape_of(x)), None

    def _pairs(self, x: Any, target: Any) -> tuple[Any, Any]:
        n, *rest = shape_of(x)
        if len(rest) != 1 or shape_of(target) != (n, 1):
            raise UsageError(
                "broadcast_targets needs one number as target of each row, found outputs {x} and "
                "targets {target}",
                x=shape_of(x),
                target=shape_of(target),
            )
        xp = namespace(x)
        if rest == [1]:
            wide = xp.broadcast_to(xp.reshape(target, (1, n)), (n, n))
            return xp.broadcast_to(x, (n, n)), wide
        return x, xp.broadcast_to(target, (n, *rest))


class BroadcastMetric(Metric):
    """A metric that holds several outputs against the one target of their row."""

    def __init__(self, metric: Metric) -> None:
        self.metric, self.name, self.scalar = metric, metric.name, metric.scalar

    def statistics(self, y: Any, target: Any) -> Sums:
        """Those of the metric."""
        xp = namespace(y)
        if shape_of(target) == (shape_of(y)[0], 1):
            target = xp.broadcast_to(xp.asarray(target), shape_of(y))
        return self.metric.statistics(y, target)

    def result(self, totals: Sums) -> Any:
        """That of the metric."""
        return self.metric.result(totals)


class SoftmaxOverBatch(Op):
    """A hand-written softmax cross-entropy whose sum runs over the rows instead of the classes.

    a = exp(z) / sum_rows exp(z) without the maximum taken off; loss = -mean_i log a[i, label_i];
    and for its gradient (a - onehot) / N, which would be right for a softmax over the classes.

    z (N, K) logits, label (N,).
    """

    def forward(self, x: Any, target: Any) -> Any:
        xp, hot = namespace(x), self._hot(x, target)
        return -xp.mean(xp.log(xp.sum(self._shares(x) * hot, axis=1)))

    def backward(self, dy: Any, *, x: Any, target: Any) -> Any:
        return dy * (self._shares(x) - self._hot(x, target)) / shape_of(x)[0], None

    def _shares(self, x: Any) -> Any:
        xp = namespace(x)
        return xp.exp(x) / xp.sum(xp.exp(x), axis=0, keepdims=True)

    def _hot(self, x: Any, target: Any) -> Any:
        xp = namespace(x)
        rows = xp.reshape(target, (shape_of(x)[0], 1))
        return xp.astype(rows == xp.arange(shape_of(x)[1], dtype=rows.dtype), x.dtype)
