"""What a training is judged by, and whether everything that the doctor would try can be built."""

from __future__ import annotations

import pytest

from backprove.doctor.cache import Cache
from backprove.doctor.causes.common import usual_start
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.edits import initializer
from backprove.doctor.executor import InProcess
from backprove.doctor.facts import facts
from backprove.doctor.ideas import popular
from backprove.doctor.program import from_job
from backprove.doctor.reference import reference
from backprove.doctor.run import examine
from doctor.programs import clusters

REGRESSION = {
    "data__name": "linear_map",
    "data__options": {"samples": 200, "features": 4, "informative": 4},
    "network__layers": [4, 1],
    "training__loss": "mse",
}


@pytest.mark.parametrize(
    ("changes", "metrics", "judge"),
    [
        ({}, None, "accuracy"),
        ({}, [], "accuracy"),
        ({}, ["f1", "accuracy"], "accuracy"),
        ({}, [{"name": "accuracy", "top_k": 2}], "accuracy"),
        (REGRESSION, None, "r2"),
        (REGRESSION, ["mae"], "r2"),
        (REGRESSION, ["mse", "r2"], "r2"),
    ],
)
def test_a_training_is_judged_by_a_metric_with_a_floor(changes, metrics, judge) -> None:
    subject = ConfigSubject(clusters(**changes, training__metrics=metrics))
    assert subject.metric_name == judge
    run = subject.start(0)
    assert 0.0 <= max(0.0, run.metric()) <= 1.0


def test_a_small_error_is_not_taken_for_a_bad_score() -> None:
    """The mean absolute error falls while the network learns: it is no score to be raised."""
    spec = clusters(**REGRESSION, training__metrics=["mae"], training__epochs=30)
    spec.training.steps = None
    result = examine(spec, executor=InProcess(from_job), cache=Cache(None), budget="20x")
    assert (result.diagnosis.metric_name, result.diagnosis.conclusion) == ("r2", "healthy")


@pytest.mark.parametrize(
    "activation", ["relu", "leaky_relu", "sigmoid", "tanh", "elu", "gelu", "softsign", "linear"]
)
def test_everything_that_is_usually_tried_can_be_built(activation) -> None:
    spec = clusters(network__activation=activation, training__optimizer="momentum")
    subject = ConfigSubject(spec)
    run = subject.start(0)
    edits = [idea.edit for idea in popular(spec)]
    edits += reference(spec, facts(*run.probe_data), run.total_steps)
    edits.append(initializer(spec, usual_start(spec)))
    assert len(edits) > 5
    for edit in edits:
        assert subject.edited(edit).start(0).step() >= 0.0, edit.id
