"""The metric that a training is judged by: one that says how far it is from a constant answer.

Accuracy and R^2 have a floor, what the best constant answer reaches, and a perfect value of 1. A
loss, an error or a score without such a floor says nothing about progress by itself.
"""

from __future__ import annotations

from backprove.doctor.spec import Spec, changed
from backprove.train.config import Named, split_name
from backprove.train.metrics import metric

JUDGES = ("accuracy", "binary_accuracy", "r2")


def judged(spec: Spec, task: str) -> Spec:
    """The same training with a metric in front that can judge it; its own ones follow.

    Without one among its metrics it is judged by accuracy, a regression by R^2.
    """
    named = spec.training.metrics
    if named is None:
        return spec
    usual: Named = "accuracy" if task == "classification" else "r2"
    first = next((one for one in named if _name(one) in JUDGES), usual)
    rest = [one for one in named if one != first]
    return changed(spec, {"training.metrics": [first, *rest]})


def _name(named: Named) -> str:
    name, options = split_name(named, "metrics")
    return metric(name, **options).name
