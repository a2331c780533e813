"""What is seen in data and traces, whatever the cause is."""

from __future__ import annotations

import numpy as np
import pytest

from backprove import messages
from backprove.codes import CODES
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.facts import facts
from backprove.doctor.observe import observe
from backprove.doctor.spec import convert
from backprove.doctor.symptoms import find


def symptoms(network=None, training=None, x=None, y=None):
    """The symptoms of a small training on iris, or of these data with its trace."""
    base = {"loss": "cross_entropy", "optimizer": "sgd", "learning_rate": 0.1, "batch_size": 16}
    found = ConfigSubject(
        convert(
            {
                "data": {"name": "iris", "scale_inputs": "standard", "test": 0.0},
                "network": {"layers": [4, 8, 8, 3], "activation": "relu", **(network or {})},
                "training": {**base, "epochs": 5, **(training or {})},
            }
        )
    )
    data = found.start(0).probe_data if x is None else (x, y)
    return find(observe(found, 0), facts(*data))


DEAD = {"bias_initializer": {"name": "constant", "value": -100.0}}


@pytest.mark.parametrize(
    ("network", "training", "code"),
    [
        (DEAD, {}, "ACT310"),
        (DEAD, {"epochs": 30}, "LOS408"),
        ({}, {"learning_rate": 30.0}, "ACT301"),
        ({}, {"learning_rate": 1e20}, "RUN702"),
        ({"activation": "tanh", "initializer": {"name": "normal", "std": 20.0}}, {}, "ACT302"),
        ({"initializer": {"name": "normal", "std": 5.0}}, {}, "LOS403"),
    ],
)
def test_a_symptom_of_the_training(network, training, code) -> None:
    found = symptoms(network, training)
    assert code in [f.code for f in found]
    for language in ("en", "zh"):
        messages.choose_language(language)
        assert all("{" not in f.sentence for f in found)
    messages.choose_language("auto")


def test_a_training_that_works_has_none() -> None:
    found = symptoms(training={"epochs": 20})
    assert [f for f in found if CODES[f.code].level != "info" and f.level != "info"] == []


def test_symptoms_of_the_rows() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(220, 4))
    x[:, 1], x[:, 2] = 7.0, x[:, 0]
    x[:200:2] = x[1:200:2]
    y = np.repeat([0, 1, 2], [200, 15, 5])
    y[:200:4] = 1
    codes = {f.code for f in symptoms(x=x, y=y)}
    assert {"DAT103", "DAT104", "DAT108", "DAT110"} <= codes
    x[3, 0] = np.nan
    broken = [f for f in symptoms(x=x, y=y) if f.code == "DAT111"]
    assert len(broken) == 1 and broken[0].sentence == "the inputs hold NaN or infinity"
