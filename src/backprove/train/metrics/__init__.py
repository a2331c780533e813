"""The metrics, one a file, by name.

    from backprove.train.metrics import metric
    top5 = metric("accuracy", top_k=5)

A metric is additive, see `base.Metric`: over batches it has exactly the value it has over all
samples at once. Classification metrics take labels [N], [N, 1] or one-hot [N, K]; nothing is ever
broadcast.
"""

from __future__ import annotations

import inspect
from typing import Any

from backprove.errors import UsageError, unknown
from backprove.train.metrics.accuracy import Accuracy
from backprove.train.metrics.base import Metric
from backprove.train.metrics.binary_accuracy import BinaryAccuracy
from backprove.train.metrics.confusion_matrix import ConfusionMatrix
from backprove.train.metrics.f1 import F1
from backprove.train.metrics.mae import MAE
from backprove.train.metrics.mse import MSE
from backprove.train.metrics.precision import Precision
from backprove.train.metrics.r2 import R2
from backprove.train.metrics.recall import Recall

__all__ = [
    "F1",
    "MAE",
    "METRICS",
    "MSE",
    "R2",
    "Accuracy",
    "BinaryAccuracy",
    "ConfusionMatrix",
    "Metric",
    "Precision",
    "Recall",
    "direction",
    "metric",
    "settle",
]

METRICS: dict[str, type[Metric]] = {
    "accuracy": Accuracy,
    "binary_accuracy": BinaryAccuracy,
    "precision": Precision,
    "recall": Recall,
    "f1": F1,
    "confusion_matrix": ConfusionMatrix,
    "r2": R2,
    "mae": MAE,
    "mse": MSE,
}
_THRESHOLDS = {"BCE": 0.5, "ClippedBCE": 0.5, "BCEWithLogits": 0.0, "Hinge": 0.0}


def metric(name: str, **options: Any) -> Metric:
    """A metric by name, in any spelling, and options. Raises UsageError for unknown ones."""
    table = {_plain(key): cls for key, cls in METRICS.items()}
    if _plain(name) not in table:
        raise unknown("metric", name, METRICS)
    cls = table[_plain(name)]
    known = list(inspect.signature(cls).parameters)
    for option in options:
        if not known:
            raise UsageError(
                "{name} takes no options, found {found}", name=cls.__name__, found=option
            )
        if option not in known:
            raise unknown("option", option, known, cls.__name__)
    return cls(**options)


def settle(metric: Metric, loss: str) -> Metric:
    """Give a metric without a threshold the one that fits the loss, by the loss's class name.

    BCE and ClippedBCE take probabilities: 0.5. BCEWithLogits and Hinge take scores around 0: 0.0.
    Any other loss leaves it open, and the metric asks for it when it meets one output per sample.
    """
    if loss in _THRESHOLDS and getattr(metric, "threshold", 0.0) is None:
        vars(metric)["threshold"] = _THRESHOLDS[loss]
    return metric


def direction(monitor: str) -> str:
    """Whether "max" or "min" is better for a logged name: "loss", "val_accuracy_top5".

    Raises UsageError for a name that is neither a loss nor one of METRICS.
    """
    name = monitor.removeprefix("val_")
    if name == "loss":
        return "min"
    for known, cls in METRICS.items():
        if name == known or name.startswith(known + "_"):
            return cls.best
    raise UsageError(
        "it is not known whether a large or a small {monitor} is better: give mode='max' or 'min'",
        monitor=monitor,
    )


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()
