"""A subject trains as `backprove train` does, and comes back to a snapshot bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.doctor import edits
from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.spec import Spec, convert
from backprove.errors import DataError, ShapeError, UsageError
from backprove.train.build import build_model
from backprove.train.build_data import build_data
from backprove.train.callbacks import EarlyStopping
from backprove.train.config import write


def iris(**training) -> Spec:
    """A small network on iris with everything that has a state."""
    tables = {
        "data": {"name": "iris", "test": 0.0, "scale_inputs": "standard"},
        "network": {
            "layers": [4, 9, 8, 3],
            "activation": "tanh",
            "normalization": "batch_norm_1d",
            "dropout": 0.1,
        },
        "training": {"batch_size": 20, "epochs": 2, "learning_rate": 0.05, **training},
    }
    return convert(tables)


def same(a, b) -> bool:
    """Whether two dictionaries of arrays hold the same bits."""
    return a.keys() == b.keys() and all(np.array_equal(a[k], b[k], equal_nan=True) for k in a)


def test_it_trains_like_a_model() -> None:
    spec = iris(engine="numpy", seed=5)
    run = ConfigSubject(spec).start(5)
    losses = [run.step() for _ in range(run.total_steps)]
    model = build_model(spec, samples=150)
    history = model.fit(build_data(spec).train, batch_size=20, epochs=2, verbose=0)
    assert run.finished and losses == pytest.approx(history.step_losses, abs=0)
    assert same({**run.parameters, **run.statistics}, model.state_dict())
    assert run.metric() == model.evaluate(build_data(spec).train)["accuracy"]


@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_a_schedule_that_watches_the_loss_trains_like_a_model(validation) -> None:
    plateau = {"name": "reduce_on_plateau", "patience": 0, "threshold": 0.4, "factor": 0.5}
    spec = iris(engine="numpy", schedule=plateau, epochs=6)
    spec.data.validation = validation
    run = ConfigSubject(spec).start(0)
    losses, replayed = [], []
    for _ in range(run.total_steps):
        before = run.snapshot()
        replayed.append(run.step())
        run.restore(before)
        losses.append(run.step())
    data = build_data(spec)
    model = build_model(spec, samples=len(data.train))
    history = model.fit(data.train, data.validation, batch_size=20, epochs=6, verbose=0)
    assert losses == replayed == history.step_losses
    assert run.learning_rate == model.learning_rate() < 0.02


@pytest.mark.parametrize("monitor", ["loss", "val_loss", "val_accuracy"])
def test_early_stopping_ends_a_run_where_it_ends_a_model(monitor) -> None:
    stop = {"monitor": monitor, "patience": 1, "min_delta": 0.05}
    spec = iris(engine="numpy", early_stopping=stop, epochs=30)
    spec.data.validation = 0.2
    run = ConfigSubject(spec).start(0)
    losses = []
    while not run.finished:
        before = run.snapshot()
        run.step()
        run.restore(before)
        losses.append(run.step())
    data = build_data(spec)
    model = build_model(spec, samples=len(data.train))
    history = model.fit(
        data.train, data.validation, batch_size=20, epochs=30, verbose=0,
        callbacks=[EarlyStopping(**stop)],
    )  # fmt: skip
    assert losses == history.step_losses
    assert 1 < len(losses) < run.total_steps
    weights = {**run.parameters, **run.statistics}
    assert same(weights, {k: np.asarray(v) for k, v in model.state_dict().items()})


def test_early_stopping_without_validation_data_is_refused() -> None:
    spec = iris(early_stopping={"patience": 1})
    with pytest.raises(UsageError, match="no validation data"):
        ConfigSubject(spec).start(0)


def test_same_seed_same_bits_other_seed_others() -> None:
    subject = ConfigSubject(iris())
    runs = [subject.start(seed) for seed in (1, 1, 2)]
    for run in runs:
        for _ in range(9):
            run.step()
    assert same(runs[0].parameters, runs[1].parameters)
    assert not same(runs[0].parameters, runs[2].parameters)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "momentum"])
def test_probes_and_replays_leave_no_trace(optimizer) -> None:
    subject = ConfigSubject(iris(optimizer=optimizer))
    plain, probed = subject.start(3), subject.start(3)
    losses = [plain.step() for _ in range(10)]
    for i in range(10):
        before = probed.snapshot()
        x, y = probed.batch(i)
        probed.activations(x, training=True)
        probed.hessian_vector(probed.gradient(x, y)[1], x, y)
        probed.metric()
        probed.first_not_finite()
        probed.step(rate_scale=7.0)
        probed.step()
        probed.restore(before)
        assert probed.step() == losses[i]
    assert same(plain.parameters, probed.parameters)
    assert same(plain.statistics, probed.statistics)
    for slot, values in plain.optimizer_state.items():
        assert same(values, probed.optimizer_state[slot])


def test_what_is_handed_out_is_what_the_step_uses() -> None:
    run = ConfigSubject(iris()).start(0)
    run.step()
    x, y = run.batch(1)
    loss, gradient = run.gradient(x, y)
    old = run.parameters
    assert run.step() == loss
    assert same(run.gradients, gradient) and same(run.previous, old)


def test_hessian_vector_is_the_derivative_of_the_gradient() -> None:
    """The loss of one linear layer under squared error: H = 2/(N K) X^T X, here with a bias."""
    spec = iris(loss="mse", batch_size=150, metrics=["r2"])
    spec.network.layers, spec.network.normalization, spec.network.dropout = [4, 3], None, 0.0
    spec.data.targets = "one_hot"
    run = ConfigSubject(spec).start(0)
    x, y = run.batch(0)
    rng = np.random.default_rng(0)
    v = {k: rng.standard_normal(w.shape) for k, w in run.parameters.items()}
    found = run.hessian_vector(v, x, y)
    moved = x.astype("f8") @ v["0.weight"] + v["0.bias"]
    scale = 2 / y.size
    np.testing.assert_allclose(found["0.weight"], scale * x.T @ moved, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(found["0.bias"], scale * moved.sum(0), rtol=1e-5, atol=1e-9)


def test_layers_and_their_values() -> None:
    run = ConfigSubject(iris()).start(0)
    shown = [(v.layer.kind, v.before.shape[1], v.layer.is_output) for v in
             run.activations(run.probe_data[0])]  # fmt: skip
    assert shown == [("Tanh", 9, False), ("Tanh", 8, False), ("", 3, True)]
    hidden = run.activations(run.probe_data[0])[0]
    np.testing.assert_allclose(hidden.after, np.tanh(hidden.before), rtol=1e-6)


def test_divergence_ends_a_run_and_names_the_step() -> None:
    spec = iris(optimizer="sgd", learning_rate=1e30)
    spec.network.normalization, spec.network.activation = None, "relu"
    run = ConfigSubject(spec).start(0)
    while not run.finished:
        loss = run.step()
    assert run.diverged_at is not None and not np.isfinite(loss) and np.isnan(run.metric())
    place = run.first_not_finite()
    assert place is not None and place.kind in ("output", "parameter")


def test_edits_share_the_data_and_change_one_thing() -> None:
    subject = ConfigSubject(iris())
    other = subject.edited(edits.learning_rate(subject.spec, 0.123456))
    assert other.spec.training.learning_rate == 0.123
    assert subject.spec.training.learning_rate == 0.05
    assert other.train.x is subject.train.x or np.shares_memory(other.train.x, subject.train.x)
    assert same(other.start(0).parameters, subject.start(0).parameters)


def test_a_mistake_in_the_data_is_mended_by_its_edit() -> None:
    """The rows are loaded anew when a mistake that concerns them is put right."""
    spec = iris()
    spec.mistakes.shuffled_labels = True
    wrong = ConfigSubject(spec)
    right = wrong.edited(edits.no_mistake(spec, "shuffled_labels"))
    assert not np.array_equal(wrong.train.y, right.train.y)
    assert np.array_equal(right.train.y, ConfigSubject(iris()).train.y)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.ones((1, 2)), np.zeros(1, int), "two training rows"),
        (np.arange(8.0).reshape(4, 2), np.zeros(4, int), "targets that differ"),
        (np.arange(8.0).reshape(4, 2), np.full(4, 2.5), "targets that differ"),
    ],
)
def test_data_that_cannot_be_learned_are_refused(tmp_path, x, y, words) -> None:
    np.savez(tmp_path / "d.npz", x=x, y=y)
    tables = {
        "data": {"name": str(tmp_path / "d.npz"), "test": 0.0},
        "network": {"layers": [2, 1]},
        "training": {"loss": "mse"},
    }
    with pytest.raises(DataError, match=words):
        ConfigSubject(convert(tables))


def spiral_file(path) -> Spec:
    rng = np.random.default_rng(0)
    np.savez(path, x=rng.standard_normal((12, 2)), y=np.arange(12) % 2)
    tables = {
        "data": {"name": str(path), "test": 0.0},
        "network": {"layers": [2, 2]},
        "training": {"batch_size": 4},
    }
    return convert(tables)


def test_data_that_are_gone_or_damaged_are_told(tmp_path) -> None:
    file = tmp_path / "d.npz"
    spec = spiral_file(file)
    subject = ConfigSubject(spec)
    file.write_bytes(file.read_bytes()[:80])
    spec.training.seed = 1
    with pytest.raises(DataError, match=r"d\.npz"):
        ConfigSubject(spec)
    file.unlink()
    with pytest.raises(UsageError, match="check the path"):
        ConfigSubject(spec)
    edited = subject.edited(edits.learning_rate(subject.spec, 0.5)).start(0)
    assert np.isfinite(edited.step())


def test_a_network_that_does_not_fit_its_data_is_told(tmp_path) -> None:
    spec = spiral_file(tmp_path / "d.npz")
    subject = ConfigSubject(spec)
    with pytest.raises(ShapeError, match="expected x of shape"):
        subject.edited({"network.layers": [3, 2]})
    with pytest.raises(UsageError, match="did you mean 'ReLU'"):
        subject.edited({"network.layers": [2, 3, 2], "network.activation": "rellu"})
    with pytest.raises(UsageError, match="unknown optimizer"):
        subject.edited({"training.optimizer": "adamm"})


def test_a_spec_survives_its_file(tmp_path) -> None:
    from backprove.doctor.spec import fingerprint, read

    spec = iris()
    write(spec, tmp_path / "config.toml")
    assert read(tmp_path) == spec and fingerprint(read(tmp_path / "config.toml")) == fingerprint(
        spec
    )
