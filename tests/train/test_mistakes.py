"""Mistakes that are made on purpose do what they are called, in both engines."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.doctor.config_subject import ConfigSubject
from backprove.errors import UsageError
from backprove.ops import operator
from backprove.train.build import build_model
from backprove.train.build_data import build_data
from backprove.train.config import Config, MistakesConfig, convert
from backprove.train.mistakes import with_wrong_loss, with_wrong_rows
from backprove.train.model import Model

MISTAKES = {
    "ascent": True,
    "kept_gradients": True,
    "frozen": ["0.weight"],
    "activation_gradient": "missing",
    "weight_gradient": "negative",
    "bias_gradient": "doubled",
    "shuffled_inputs": True,
    "shuffled_labels": True,
    "shifted_labels": 1,
    "broadcast_targets": True,
}


def config(mistakes: dict, **training) -> Config:
    return convert(
        {
            "data": {"name": "weighted_sum", "options": {"samples": 48}, "test": 0.25},
            "network": {"layers": [3, 4, 1], "activation": "tanh"},
            "training": {
                "loss": "mse",
                "optimizer": "sgd",
                "learning_rate": 0.05,
                "batch_size": 12,
                "epochs": 2,
                "engine": "numpy",
                **training,
            },
            "mistakes": mistakes,
        }
    )


def fitted(spec: Config) -> Model:
    data = build_data(spec)
    model = build_model(spec, data.train.task, len(data.train))
    model.fit(data.train, batch_size=12, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("name", MISTAKES)
def test_both_engines_make_the_same_mistake_and_it_matters(name) -> None:
    by_numpy, by_jax = (
        fitted(config({name: MISTAKES[name]}, engine=engine)) for engine in ("numpy", "jax")
    )
    right = fitted(config({}))
    np.testing.assert_allclose(
        by_numpy.history.step_losses, by_jax.history.step_losses, rtol=2e-4, atol=1e-6
    )
    assert by_numpy.history.step_losses != right.history.step_losses
    assert by_jax.evaluate(build_data(config({})).test)["loss"] > 0


def test_without_a_mistake_nothing_is_wrapped() -> None:
    plain = build_model(config({}), "regression")
    assert type(plain.optimizer).__name__ == "SGD" and type(plain.loss).__name__ == "MSE"
    assert [type(op).__name__ for op in plain.net.parts.values()] == ["Linear", "Tanh", "Linear"]


def first_step(mistakes: dict):
    """(parameters before, gradients, parameters after) of one step of one seed."""
    run = ConfigSubject(config(mistakes)).start(0)
    run.step()
    return run.previous, run.gradients, run.parameters


def test_ascent_adds_what_is_to_be_taken_away() -> None:
    before, gradients, after = first_step({"ascent": True})
    for name, w in before.items():
        np.testing.assert_allclose(after[name], w + np.float32(0.05) * gradients[name], rtol=1e-5)


def test_frozen_parameters_stay_and_others_move() -> None:
    before, _, after = first_step({"frozen": ["0", "2.bias"]})
    moved = [name for name, w in before.items() if not np.array_equal(w, after[name])]
    assert moved == ["2.weight"]
    with pytest.raises(UsageError, match=r"did you mean '0\.weight'"):
        first_step({"frozen": ["0.weigt"]})


def test_kept_gradients_add_up() -> None:
    run = ConfigSubject(config({"kept_gradients": True})).start(0)
    total = {k: np.zeros_like(v) for k, v in run.parameters.items()}
    for _ in range(3):
        run.step()
        total = {k: total[k] + g for k, g in run.gradients.items()}
        for name, w in run.previous.items():
            moved = w - np.float32(0.05) * total[name]
            np.testing.assert_allclose(run.parameters[name], moved, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("kind", "factor"), [("missing", 0), ("negative", -1), ("doubled", 2)])
def test_wrong_gradients_of_weights_and_biases(kind, factor) -> None:
    right = first_step({})[1]
    wrong = first_step({"weight_gradient": kind, "bias_gradient": kind})[1]
    for name, gradient in right.items():
        np.testing.assert_allclose(wrong[name], factor * gradient, rtol=1e-6)


@pytest.mark.parametrize(("kind", "slope"), [("missing", 1), ("negative", -1), ("doubled", 2)])
def test_wrong_gradient_of_an_activation(kind, slope) -> None:
    right = ConfigSubject(config({})).start(0)
    wrong = ConfigSubject(config({"activation_gradient": kind})).start(0)
    x, y = right.batch(0)
    z = right.activations(x)[0]
    derivative = 1 - z.after**2 if kind != "missing" else np.ones_like(z.after)
    dy = 2 / len(y) * (right.outputs(x) - y) @ right.parameters["2.weight"].T
    expected = (slope * derivative * dy).sum(0)
    np.testing.assert_allclose(wrong.gradient(x, y)[1]["0.bias"], expected, rtol=1e-4, atol=1e-6)


def test_rows_and_labels_come_apart_and_nothing_is_lost() -> None:
    data = build_data(config({})).train
    shuffled = with_wrong_rows(MistakesConfig(shuffled_inputs=True), data, 0)
    assert np.array_equal(shuffled.y, data.y) and not np.array_equal(shuffled.x, data.x)
    assert sorted(map(tuple, shuffled.x)) == sorted(map(tuple, data.x))
    labels = with_wrong_rows(MistakesConfig(shuffled_labels=True), data, 0)
    assert np.array_equal(labels.x, data.x) and sorted(labels.y) == sorted(data.y)
    assert not np.array_equal(labels.y, data.y)
    shifted = with_wrong_rows(MistakesConfig(shifted_labels=2), data, 0)
    assert np.array_equal(shifted.y[2:], data.y[:-2])
    again = with_wrong_rows(MistakesConfig(shuffled_labels=True), data, 0)
    assert np.array_equal(again.y, labels.y)


def test_broadcast_targets_are_what_numpy_would_compute() -> None:
    rng = np.random.default_rng(0)
    x, t = rng.standard_normal((5, 1)), rng.standard_normal((5, 1))
    loss = with_wrong_loss(MistakesConfig(broadcast_targets=True), operator("mse"))
    y, saved = loss.fwd(x, t)
    np.testing.assert_allclose(y, np.mean((x - t.ravel()) ** 2))
    (dx, _), _ = loss.bwd(saved, np.ones(()))
    np.testing.assert_allclose(dx, 2 * (x - t.mean()) / 5)
    wide = rng.standard_normal((5, 3))
    np.testing.assert_allclose(loss.fwd(wide, t)[0], np.mean((wide - t) ** 2))
    with pytest.raises(UsageError, match="one number as target"):
        loss.fwd(wide, wide)


def test_a_softmax_over_the_batch_overflows_and_its_gradient_is_no_derivative() -> None:
    rng = np.random.default_rng(0)
    z, labels = rng.standard_normal((6, 3)), np.array([0, 1, 2, 0, 1, 2])
    loss = with_wrong_loss(MistakesConfig(softmax_over_batch=True), operator("cross_entropy"))
    y, saved = loss.fwd(z, labels)
    shares = np.exp(z) / np.exp(z).sum(0)
    np.testing.assert_allclose(y, -np.log(shares[np.arange(6), labels]).mean())
    (dz, _), _ = loss.bwd(saved, np.ones(()))
    np.testing.assert_allclose(dz, (shares - np.eye(3)[labels]) / 6)
    with np.errstate(all="ignore"):
        assert np.isnan(loss.fwd(z + 1000.0, labels)[0])
    with pytest.raises(UsageError, match="one mistake of the loss"):
        both = MistakesConfig(softmax_over_batch=True, broadcast_targets=True)
        with_wrong_loss(both, operator("mse"))


def test_a_run_with_a_mistake_can_be_resumed_exactly(tmp_path) -> None:
    spec = config({"kept_gradients": True, "ascent": True}, learning_rate=1e-4)
    data = build_data(spec).train
    whole, half, rest = (build_model(spec, data.task, len(data)) for _ in range(3))
    whole.fit(data, batch_size=12, epochs=2, verbose=0)
    half.fit(data, batch_size=12, epochs=1, verbose=0)
    rest.load(half.save(tmp_path / "half")).fit(
        data, batch_size=12, epochs=2, verbose=0, resume=True
    )
    for name, w in whole.state_dict().items():
        assert np.array_equal(w, rest.state_dict()[name])


def test_a_negative_seed_is_told() -> None:
    with pytest.raises(UsageError, match="a seed of 0 or more, found -1"):
        build_data(config({"shuffled_labels": True}, seed=-1))
