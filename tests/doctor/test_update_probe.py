"""Is the gradient the loss's derivative? Every wrong formula is seen, no right one is accused."""

from __future__ import annotations

import pytest

from backprove.doctor.cache import Cache
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.executor import InProcess
from backprove.doctor.program import from_job
from backprove.doctor.run import examine
from backprove.doctor.update_probe import UpdateProbe
from doctor.programs import clusters


def wrong(**changes) -> float:
    return UpdateProbe(ConfigSubject(clusters(**changes)).start(0)).view().wrong


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"network__activation": "tanh", "network__initializer": "xavier_uniform"},
        {"network__normalization": "batch_norm_1d", "network__dropout": 0.3},
        {"network__layers": [10, *[24] * 20, 3]},
        {"network__initializer": {"name": "normal", "std": 1e-4}},
        {"network__initializer": {"name": "normal", "std": 30.0}},
        {"network__initializer": {"name": "constant", "value": 0.0}},
        {"network__activation": "sigmoid", "network__layers": [10, *[10] * 8, 3]},
        {"data__scale_inputs": {"name": "divide", "by": 1e-4}},
    ],
)
def test_a_right_gradient_is_not_accused(changes) -> None:
    assert wrong(**changes) < 1e-3


@pytest.mark.parametrize(
    ("part", "how"),
    [
        (part, how)
        for part in ("weight", "bias", "activation")
        for how in ("missing", "negative", "doubled")
    ],
)
def test_a_wrong_formula_is_seen(part, how) -> None:
    assert wrong(**{f"mistakes__{part}_gradient": how}) > 0.01


@pytest.mark.parametrize(
    ("mistake", "value", "code"),
    [
        ("weight_gradient", "missing", "OPT506"),
        ("activation_gradient", "negative", "OPT506"),
        ("kept_gradients", True, "OPT504"),
        ("frozen", ["0", "2"], "OPT505"),
    ],
)
def test_the_doctor_finds_the_mistake_of_an_update(mistake, value, code) -> None:
    """The run to be explained is watched thoroughly: otherwise none of these would be seen."""
    spec = clusters(**{f"mistakes__{mistake}": value})
    result = examine(spec, executor=InProcess(from_job), cache=Cache(None), budget="60x")
    assert [f.code for f in result.findings if f.role == "cause"] == [code]
    assert list(result.diagnosis.changes) == [f"mistakes.{mistake}"]
