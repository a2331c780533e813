"""Scaling fitted on the training rows, labels in other forms, and the keys that ask for them."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.data import Dataset, load
from backprove.errors import DataError, UsageError
from backprove.train.build import build_network
from backprove.train.build_data import build_data
from backprove.train.config import NetworkConfig, convert
from backprove.train.run import train_run
from backprove.train.scaling import SCALERS, retargeted, scaled, scaler

RNG = np.random.default_rng(0)
X = RNG.normal(50.0, [1.0, 100.0, 1e-3], (200, 3))


def test_standard_columns_have_mean_0_and_deviation_1_and_constants_stay() -> None:
    x = np.column_stack([X, np.full(200, 7.0)])
    found = scaler("standard", x)(x)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(found.std(0), [1, 1, 1, 0], atol=1e-4)


def test_a_range_is_filled_and_a_constant_goes_to_its_middle() -> None:
    x = np.column_stack([X, np.full(200, 7.0)])
    found = scaler({"name": "range", "low": 0.0, "high": 3.0}, x)(x)
    np.testing.assert_allclose(found.min(0), [0, 0, 0, 1.5], atol=1e-6)
    np.testing.assert_allclose(found.max(0), [3, 3, 3, 1.5], atol=1e-6)


def test_rows_and_numbers() -> None:
    norms = np.linalg.norm(scaler("row_norm", X)(X), axis=1)
    np.testing.assert_allclose(norms, 1, rtol=1e-6)
    assert np.all(scaler("row_norm", X)(np.zeros((2, 3))) == 0)
    np.testing.assert_allclose(scaler("row_sum", X)(X).sum(1), 1, rtol=1e-5)
    halves = scaler({"name": "divide", "by": 2.0}, X)(X)
    np.testing.assert_allclose(halves, X / 2, rtol=1e-6)


def test_images_keep_their_shape_and_the_input_its_values() -> None:
    images = RNG.integers(0, 256, (6, 4, 4)).astype(np.uint8)
    before = images.copy()
    found = scaler("standard", images)(images)
    assert found.shape == images.shape and found.dtype == np.float32
    assert np.array_equal(images, before)


def test_nothing_of_the_held_out_rows_leaks() -> None:
    train, test = Dataset(X[:100], RNG.integers(0, 2, 100)), Dataset(X[100:] * 5, None)
    parts = scaled([train, test], "standard", None)
    expected = (test.x - train.x.mean(0)) / train.x.std(0)
    np.testing.assert_allclose(parts[1].x, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("standart", "did you mean 'standard'"),
        ({"name": "range", "lowest": 1}, "lowest"),
        ({"low": 1}, "without a name"),
    ],
)
def test_wrong_scalings_are_refused(named, words) -> None:
    with pytest.raises(UsageError, match=words):
        scaler(named, X)


def test_labels_as_rows_and_as_numbers() -> None:
    iris = load("iris")
    hot = retargeted(iris, "one_hot")
    assert hot.y.shape == (150, 3) and np.array_equal(hot.y.argmax(1), iris.y)
    number = retargeted(iris, "number")
    assert number.task == "regression" and np.array_equal(number.y.ravel(), iris.y)
    assert retargeted(iris, None) is iris
    with pytest.raises(UsageError, match="did you mean 'one_hot'"):
        retargeted(iris, "onehot")
    with pytest.raises(DataError, match="found numbers"):
        retargeted(number, "one_hot")
    with pytest.raises(DataError, match="found 3 classes"):
        scaled([iris], None, "standard")


def test_no_test_rows_means_that_all_are_trained_on_and_measured() -> None:
    data = build_data(convert({"data": {"name": "iris", "test": 0.0}}))
    assert data.test is data.train and len(data.train) == 150
    held_out = build_data(convert({"data": {"name": "iris", "test": 0.2}}))
    assert (len(held_out.train), len(held_out.test)) == (120, 30)
    digits = build_data(convert({"data": {"name": "mnist", "test": 0.0, "limit": 50}}))
    assert len(digits.test) == 50


def test_options_go_to_the_reader_and_unknown_ones_are_refused() -> None:
    two = {"name": "mnist", "options": {"labels": [7, 3]}, "limit": 100}
    data = build_data(convert({"data": two}))
    assert data.train.class_names == ("7", "3") and set(data.train.y.tolist()) == {0, 1}
    everything, kept = load("mnist"), load("mnist", labels=[7, 3])
    assert np.array_equal(kept.x[0], everything.x[np.isin(everything.y, [3, 7])][0])
    assert kept.y[0] == (everything.y[np.isin(everything.y, [3, 7])][0] == 3)
    for labels in ([], [3, 3], [10], ["3"]):
        with pytest.raises(UsageError, match="digits 0 to 9"):
            load("mnist", labels=labels)
    with pytest.raises(UsageError, match="did you mean 'noise'"):
        build_data(convert({"data": {"name": "moons", "options": {"noises": 1}}}))


def test_an_activation_for_each_hidden_layer() -> None:
    net = build_network(NetworkConfig([2, 3, 4, 5, 1], activations=["exp", "linear", "relu"]))
    kinds = [type(op).__name__ for op in net.parts.values()]
    assert kinds == ["Linear", "Exp", "Linear", "Linear", "ReLU", "Linear"]
    with pytest.raises(UsageError, match="each of the 2 hidden layers, found 1"):
        build_network(NetworkConfig([2, 3, 4, 1], activations=["relu"]))


def test_biases_are_drawn_with_the_fan_in_of_their_layer() -> None:
    spec = NetworkConfig([400, 100, 1], bias_initializer="fan_in_uniform")
    values = build_network(spec).init(0)
    assert 0.04 < np.abs(values["0.bias"]).max() <= 0.05
    assert np.abs(values["2.bias"]).max() <= 0.1


def test_training_stops_after_the_steps(tmp_path) -> None:
    tables = {
        "data": {"name": "iris", "test": 0.0},
        "network": {"layers": [4, 3]},
        "training": {"steps": 7, "batch_size": 50, "epochs": 5, "schedule": "cosine"},
    }
    result = train_run(convert(tables), tmp_path / "run", verbose=False)
    assert result.model.progress.steps == 7 and result.test_size == 150
    assert result.model.optimizer.schedule.steps == 7


def test_every_scaling_has_words() -> None:
    assert all(SCALERS[name].__doc__ for name in SCALERS)
