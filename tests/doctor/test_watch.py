"""The callback that watches a fit, and `diagnose` for a model in Python."""

from __future__ import annotations

import numpy as np
import pytest

from backprove import Watch, diagnose, ops
from backprove.errors import DivergenceError
from backprove.net import Sequential
from backprove.optim import SGD
from backprove.train.model import Model

RNG = np.random.default_rng(0)
X = RNG.normal(size=(128, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(np.int32)


def model(rate: float) -> Model:
    net = Sequential(
        ops.operator("Linear", in_features=4, out_features=16),
        ops.operator("ReLU"),
        ops.operator("Linear", in_features=16, out_features=2),
    )
    return Model(net, engine="numpy", seed=0).prepare(SGD(rate), "cross_entropy", ["accuracy"])


def test_a_training_that_goes_well_is_not_disturbed() -> None:
    watch, plain, seen = Watch(probes=X, every=1), model(0.1), model(0.1)
    plain.fit((X, Y), batch_size=32, epochs=3, verbose=0)
    seen.fit((X, Y), batch_size=32, epochs=3, verbose=0, callbacks=[watch])
    assert not watch.findings
    for name, value in plain.state_dict().items():
        assert np.array_equal(value, seen.state_dict()[name])


def test_it_warns_once_of_a_dead_layer_and_of_a_loss_that_runs_away() -> None:
    watch, failing = Watch(probes=X, every=1), model(1000.0)
    with pytest.warns(RuntimeWarning) as warned:
        try:
            failing.fit((X, Y), batch_size=32, epochs=5, verbose=0, callbacks=[watch])
        except DivergenceError:
            pass
    said = [str(w.message) for w in warned]
    assert len(said) == len(set(said)) == len(watch.findings)
    assert any("the loss runs away" in text for text in said)
    assert {f.role for f in watch.findings} == {"symptom"}


def test_a_model_is_diagnosed_and_not_changed(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("BACKPROVE_CACHE", str(tmp_path))
    patient = model(300.0)
    before = {name: np.array(value) for name, value in patient.state_dict().items()}
    result = diagnose(patient, (X, Y), batch_size=32, epochs=8, budget="60s", workers=1)
    assert [f.subject for f in result.findings if f.role == "cause"] == ["lr-high"]
    assert result.diagnosis.changes["training.learning_rate"] < 300.0
    assert all(np.array_equal(before[k], v) for k, v in patient.state_dict().items())
    assert list(tmp_path.rglob("*.json"))
