"""Model: what training promises, on real runs of a small problem."""

from __future__ import annotations

import numpy as np
import pytest

from backprove import Linear, Model, Sequential, Tanh
from backprove.data import Dataset, split
from backprove.errors import CheckpointError, DataError, DivergenceError, ShapeError, UsageError
from backprove.ops.loss.cross_entropy import CrossEntropy
from backprove.ops.loss.mse import MSE
from backprove.ops.normalization.batch_norm_1d import BatchNorm1D
from backprove.ops.regularization.dropout import Dropout
from backprove.optim import SGD, Adam, ClipByNorm
from backprove.optim.schedules import ReduceOnPlateau, WarmUp


def net(width: int = 16) -> Sequential:
    return Sequential(Linear(2, width), Tanh(), Linear(width, 3))


def rich_net() -> Sequential:
    """One with running statistics and random masks, whose resume has more to bring back."""
    return Sequential(Linear(2, 24), BatchNorm1D(24), Tanh(), Dropout(0.2), Linear(24, 3))


def model(engine: str = "jax", network: Sequential | None = None, **options) -> Model:
    found = Model(network or net(), engine=engine, seed=options.pop("seed", 0))
    return found.prepare(Adam(0.02), "cross_entropy", ["accuracy"], **options)


@pytest.mark.parametrize("engine", ["jax", "numpy"])
def test_learns_and_says_how_well(engine, spirals) -> None:
    train, test = split(spirals, 0.8, seed=1)
    trained = model(engine, net(64))
    history = trained.fit(train, test, epochs=80, batch_size=32, verbose=0)
    assert len(history) == 80
    assert trained.evaluate(test)["accuracy"] > 0.95
    assert history["val_loss"][-1] == pytest.approx(trained.evaluate(test)["loss"])


def test_both_engines_give_the_same_losses_to_rounding(spirals) -> None:
    losses = []
    for engine in ("jax", "numpy"):
        trained = model(engine, rich_net())
        trained.fit(spirals, epochs=2, batch_size=32, verbose=0)
        losses.append(trained.step_losses)
    assert len(losses[0]) == 2 * 11
    np.testing.assert_allclose(losses[0], losses[1], rtol=2e-5)


def test_the_same_seed_gives_the_same_bits(spirals) -> None:
    first, second, other = (
        model(network=rich_net(), seed=seed).fit(spirals, epochs=2, verbose=0) for seed in (3, 3, 4)
    )
    assert first.step_losses == second.step_losses
    assert first.step_losses != other.step_losses


@pytest.mark.parametrize("engine", ["jax", "numpy"])
def test_evaluate_is_the_mean_over_all_samples_whatever_the_batches(engine, spirals) -> None:
    untrained = model(engine)
    whole = untrained.evaluate(spirals, batch_size=len(spirals))
    parts = untrained.evaluate(spirals, batch_size=37)
    assert parts["loss"] == pytest.approx(whole["loss"], rel=1e-6)
    assert parts["accuracy"] == whole["accuracy"]
    logits = untrained.predict(spirals.x)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    assert whole["loss"] == pytest.approx(-log_p[np.arange(330), spirals.y].mean(), rel=1e-5)
    assert whole["accuracy"] == np.mean(logits.argmax(-1) == spirals.y)


def test_the_epoch_loss_is_the_mean_over_samples_with_a_short_last_batch(spirals) -> None:
    trained = model()
    history = trained.fit(spirals, epochs=1, batch_size=100, verbose=0)
    steps = np.array(history.step_losses)
    assert len(steps) == 4
    expected = (steps[:3].sum() * 100 + steps[3] * 30) / 330
    assert history["loss"][0] == pytest.approx(expected, rel=1e-6)


@pytest.fixture(scope="module")
def whole_runs(spirals) -> dict[str, Model]:
    """What the runs that are resumed are held against, by engine."""
    found = {engine: model(engine, rich_net()) for engine in ("jax", "numpy")}
    for trained in found.values():
        trained.fit(spirals, epochs=3, batch_size=32, verbose=0)
    return found


@pytest.mark.parametrize("engine", ["jax", "numpy"])
@pytest.mark.parametrize("stop", [1, 7, 11, 16])
def test_a_resumed_run_ends_with_the_same_bits(engine, stop, spirals, whole_runs, tmp_path) -> None:
    whole = whole_runs[engine]
    first = model(engine, rich_net())
    first.fit(spirals, epochs=3, batch_size=32, verbose=0, num_iters=stop, save_dir=tmp_path)
    assert len(first.step_losses) == stop
    second = model(engine, rich_net(), seed=9).load(tmp_path)
    history = second.fit(spirals, epochs=3, batch_size=32, verbose=0, resume=True)
    assert history.step_losses == whole.step_losses
    assert history["loss"] == whole.history["loss"]
    assert history["accuracy"] == whole.history["accuracy"]
    assert list(second.state_dict()) == list(whole.state_dict())
    for name, value in whole.state_dict().items():
        np.testing.assert_array_equal(second.state_dict()[name], value)


@pytest.mark.parametrize("engine", ["jax", "numpy"])
def test_weighted_and_ignored_rows_give_the_mean_over_the_whole_data(engine, spirals) -> None:
    loss = CrossEntropy(weight=(1.0, 2.0, 5.0), ignore_index=1)
    trained = Model(net(), engine=engine).prepare(SGD(0.0), loss)
    whole = trained.evaluate(spirals, batch_size=330)["loss"]
    parts = trained.evaluate(spirals, batch_size=44)["loss"]
    assert parts == pytest.approx(whole, rel=1e-6)
    history = trained.fit(spirals, batch_size=44, epochs=1, shuffle=False, verbose=0)
    assert history["loss"][0] == pytest.approx(whole, rel=1e-6)


def test_a_loss_that_is_not_one_number_is_refused() -> None:
    with pytest.raises(UsageError, match="reduction='none'"):
        model().prepare("adam", CrossEntropy(reduction="none"))


def test_a_warmed_up_plateau_lowers_the_learning_rate(spirals) -> None:
    plateau = ReduceOnPlateau(0.02, factor=0.5, patience=0, threshold=10.0, threshold_mode="abs")
    trained = Model(net()).prepare(SGD(WarmUp(2, then=plateau)), "cross_entropy")
    history = trained.fit(spirals, epochs=4, batch_size=64, verbose=0)
    np.testing.assert_allclose(history["learning_rate"], [0.02, 0.02, 0.01, 0.005], rtol=1e-6)


def test_two_fits_are_one_long_one(spirals) -> None:
    once, twice = model(), model()
    once.fit(spirals, epochs=2, verbose=0)
    twice.fit(spirals, epochs=1, verbose=0)
    twice.fit(spirals, epochs=1, verbose=0)
    assert once.step_losses == twice.step_losses
    assert len(twice.history) == 2


@pytest.mark.parametrize("engine", ["jax", "numpy"])
def test_accumulated_gradients_are_those_of_the_large_batch(engine, spirals) -> None:
    data = spirals.take(slice(0, 320))
    large = Model(net(), engine=engine).prepare(SGD(0.5), "cross_entropy")
    large.fit(data, batch_size=64, epochs=1, verbose=0, shuffle=False)
    small = Model(net(), engine=engine).prepare(
        SGD(0.5), "cross_entropy", accumulate_grad_batches=4
    )
    small.fit(data, batch_size=16, epochs=1, verbose=0, shuffle=False)
    for name, value in large.state_dict().items():
        np.testing.assert_allclose(small.state_dict()[name], value, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("engine", ["jax", "numpy"])
def test_not_finite_stops_with_step_and_operator(engine, spirals) -> None:
    trained = Model(net(), engine=engine).prepare(SGD(1e30), MSE())
    x, y = spirals.x, np.eye(3, dtype=np.float32)[spirals.y] * 1e10
    with pytest.raises(DivergenceError, match=r"at step \d+: NaN or infinity appeared first"):
        trained.fit((x, y), epochs=3, verbose=0)
    assert np.all(np.isfinite(trained.step_losses))


@pytest.mark.parametrize("engine", ["jax", "numpy"])
def test_a_plateau_lowers_the_learning_rate(engine, spirals) -> None:
    rate = ReduceOnPlateau(0.02, factor=0.5, patience=0, threshold=10.0, threshold_mode="abs")
    trained = Model(net(), engine=engine).prepare(SGD(rate), "cross_entropy")
    history = trained.fit(spirals, epochs=4, verbose=0)
    np.testing.assert_allclose(history["learning_rate"], [0.02, 0.02, 0.01, 0.005], rtol=1e-6)


def test_a_plateau_is_resumed_exactly(spirals, tmp_path) -> None:
    def made() -> Model:
        rate = ReduceOnPlateau(0.02, factor=0.5, patience=1, threshold=10.0, threshold_mode="abs")
        return Model(net()).prepare(SGD(rate), "cross_entropy")

    whole = made()
    whole.fit(spirals, epochs=6, verbose=0)
    first = made()
    first.fit(spirals, epochs=6, verbose=0, num_iters=25, save_dir=tmp_path)
    second = made().load(tmp_path)
    second.fit(spirals, epochs=6, verbose=0, resume=True)
    assert second.step_losses == whole.step_losses


def test_validation_split_holds_samples_out(spirals) -> None:
    history = model().fit(spirals, epochs=1, batch_size=64, validation_split=0.2, verbose=0)
    assert len(history.step_losses) == -(-264 // 64)
    assert "val_accuracy" in history.names()


def test_regression_takes_targets_as_a_vector() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((256, 3)).astype(np.float32)
    y = x @ np.array([1.0, -2.0, 0.5]) + 0.25
    trained = Model(Linear(3, 1)).prepare(Adam(0.05), "mse", ["r2"])
    trained.fit((x, y), epochs=60, verbose=0)
    assert trained.evaluate((x, y))["r2"] > 0.999
    assert trained.state_dict()["bias"][0] == pytest.approx(0.25, abs=0.02)


def test_binary_labels_for_a_single_output(spirals) -> None:
    data = Dataset(x=spirals.x, y=(spirals.y == 1).astype(int))
    trained = Model(Sequential(Linear(2, 16), Tanh(), Linear(16, 1))).prepare(
        Adam(0.03), "bce_with_logits", ["accuracy"]
    )
    trained.fit(data, epochs=80, batch_size=32, verbose=0)
    assert trained.evaluate(data)["accuracy"] > 0.95


def test_clipping_bounds_the_step(spirals) -> None:
    before = Model(net()).prepare(SGD(1.0, clip=ClipByNorm(1e-3)), "cross_entropy")
    start = before.state_dict()
    before.fit(spirals, epochs=1, batch_size=330, verbose=0)
    moved = sum(float(np.sum((before.state_dict()[k] - v) ** 2)) for k, v in start.items())
    assert 0 < moved <= 1.001e-6


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"batch_size": 0}, UsageError, "batch_size to be a whole number of 1 or more, found 0"),
        ({"batch_size": -4}, UsageError, "found -4"),
        ({"epochs": 0}, UsageError, "epochs"),
        ({"epoch": 3}, UsageError, "did you mean 'epochs'"),
        ({"batchsize": 3}, UsageError, "did you mean 'batch_size'"),
    ],
)
def test_wrong_options_are_refused(change, error, words, spirals) -> None:
    with pytest.raises(error, match=words):
        model().fit(spirals, **{"verbose": 0, **change})


@pytest.mark.parametrize(
    ("x", "y", "error", "words"),
    [
        (np.zeros((4, 5), np.float32), [0, 1, 2, 0], ShapeError, "last length must be in_features"),
        (np.zeros((4, 2), np.float32), [0, 1, 7, 0], DataError, "row 2 has the label 7"),
        (np.zeros((4, 2), np.float32), [0, 1, 2], DataError, "as many labels as samples"),
        (np.zeros((0, 2), np.float32), [], DataError, "at least one sample"),
        (np.full((4, 2), np.nan, np.float32), [0, 1, 2, 0], DataError, "finite"),
    ],
)
def test_wrong_data_is_refused(x, y, error, words) -> None:
    with pytest.raises(error, match=words):
        model().fit((x, np.array(y)), verbose=0)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda: model(network=net(17)), "has the shape"),
        (lambda: model(network=Sequential(Linear(2, 3))), "does not have|has a parameter"),
        (lambda: Model(net()).prepare(SGD(0.1)), "was made with the optimizer Adam"),
    ],
)
def test_a_checkpoint_of_another_network_is_refused(other, words, spirals, tmp_path) -> None:
    trained = model()
    trained.fit(spirals, epochs=1, verbose=0)
    file = trained.save(tmp_path / "first")
    with pytest.raises(CheckpointError, match=words):
        other().load(file)


def test_another_plan_cannot_be_resumed(spirals, tmp_path) -> None:
    trained = model()
    trained.fit(spirals, epochs=1, batch_size=32, verbose=0)
    trained.save(tmp_path)
    with pytest.raises(CheckpointError, match="batch_size = 32, now it is 64"):
        model().load(tmp_path).fit(spirals, epochs=2, batch_size=64, verbose=0, resume=True)


def test_weights_alone_can_be_taken_over(spirals) -> None:
    trained, fresh = model(), model(seed=5)
    trained.fit(spirals, epochs=3, verbose=0)
    fresh.load_state_dict(trained.state_dict())
    np.testing.assert_array_equal(fresh.predict(spirals.x), trained.predict(spirals.x))


def test_summary_counts() -> None:
    found = model().summary()
    assert (found.parameters, found.macs) == (2 * 16 + 16 + 16 * 3 + 3, 2 * 16 + 16 * 3)
    assert "Linear" in str(found) and "<td" in found._repr_html_()
