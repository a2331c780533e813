"""Small programs for the doctor, each of at most 60 short steps."""

from __future__ import annotations

from typing import Any

from backprove.doctor.spec import Spec, changed, convert

CLUSTERS = {
    "data": {
        "name": "class_clusters",
        "options": {"samples": 400, "features": 10, "informative": 8, "classes": 3, "seed": 1},
        "test": 0.0,
        "scale_inputs": "standard",
    },
    "network": {"layers": [10, 32, 32, 3], "activation": "relu", "initializer": "he_normal"},
    "training": {
        "loss": "cross_entropy",
        "optimizer": "sgd",
        "learning_rate": 0.1,
        "batch_size": 32,
        "epochs": 5,
        "steps": 60,
    },
}


def clusters(**changes: Any) -> Spec:
    """A healthy classification with some dotted keys changed: training__learning_rate=5.0."""
    return changed(convert(CLUSTERS), {k.replace("__", "."): v for k, v in changes.items()})
