"""The metric that a training is judged by: one that says how far it is from a constant answer.

Accuracy and R^2 have a floor, what the best constant answer reaches, and a perfect value of 1. A
loss, an error or a score without such a floor says nothing about progress by itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from backprove.doctor.causes.common import name_of
from backprove.doctor.spec import Spec, changed
from backprove.train.config import Named, split_name
from backprove.train.metrics import metric

ANSWERS = frozenset({"bce", "bcewithlogits", "clippedbce", "hinge"})
"""The losses whose targets stand for yes and no."""

JUDGES = ("accuracy", "binary_accuracy", "r2")


def judged(spec: Spec, task: str, y: Any) -> Spec:
    """The same training with a metric in front that can judge it; its own ones follow.

    Without one among its metrics, classes are judged by accuracy, numbers by R^2, and numbers y
    that stand for yes and no (there are two of them, and the loss takes such) by the share of
    right answers.
    """
    named = spec.training.metrics or []
    usual: Named = "accuracy" if task == "classification" else "r2"
    if task != "classification" and name_of(spec.training.loss) in ANSWERS and _yes_no(y):
        usual = "binary_accuracy"
    first = next((one for one in named if _name(one) in JUDGES), usual)
    rest = [one for one in named if one != first]
    return changed(spec, {"training.metrics": [first, *rest]})


def _yes_no(y: Any) -> bool:
    values = np.unique(np.asarray(y))
    return len(values) == 2 and bool(values[0] <= 0.5 < values[1])


def _name(named: Named) -> str:
    name, options = split_name(named, "metrics")
    return metric(name, **options).name
