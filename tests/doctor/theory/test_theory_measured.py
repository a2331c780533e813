"""What theory predicts of a training, and what real trainings of real configurations do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.facts import facts
from backprove.doctor.kill_probe import KillProbe
from backprove.doctor.landscape import preconditioned_sharpness, sharpness
from backprove.doctor.observe import THOROUGH, observe
from backprove.doctor.plateaus import constant_losses
from backprove.doctor.quantities import gradient_slope
from backprove.doctor.spec import changed, convert
from backprove.doctor.symptoms.losses import plateau
from backprove.doctor.theory import floors, gain, killing_step
from backprove.doctor.theory.born_dead import born_dead_probability
from doctor.programs import clusters


def subject(tmp_path, x, y, layers, training=None, task=None, **network):
    """A training on these rows."""
    np.savez(tmp_path / "rows.npz", x=x, y=y)
    options = {} if task is None else {"task": task}
    data = {"name": str(tmp_path / "rows.npz"), "test": 0.0, "options": options}
    base = {"loss": "mse", "optimizer": "sgd", "learning_rate": 0.1, "batch_size": 1000}
    tables = {"data": data, "network": {"layers": layers, "activation": "relu", **network}}
    return ConfigSubject(convert({**tables, "training": {**base, **(training or {})}}))


NORMAL = {"name": "normal", "std": 1.0}


@pytest.mark.parametrize("widths", [(4, 2, 1), (5,) * 10], ids=str)
def test_networks_are_born_dead_as_often_as_computed(tmp_path, widths) -> None:
    """T1: .6484 for widths 4-2-1, .2720 for ten layers of 5, one direction of the inputs."""
    trials, x = 150, np.array([[1.0], [2.0]])
    found = subject(
        tmp_path, x, np.array([0.5, 1.5]), [1, *widths], output="relu", initializer=NORMAL
    )
    dead = np.mean([not found.start(seed).outputs(x.astype("f4")).any() for seed in range(trials)])
    p = born_dead_probability(widths)
    assert abs(dead - p) < 3.5 * math.sqrt(p * (1 - p) / trials)


def test_a_unit_dies_at_the_step_that_was_computed_before_it() -> None:
    """T3: just below its killing step a unit of the first layer lives on, just above it is dead."""
    run = ConfigSubject(clusters(training__batch_size=16)).start(0)
    x, y = run.batch(0)
    layer, params, start = run.layers[0], run.parameters, run.snapshot()
    z = x @ params[layer.weight] + params[layer.bias]
    dz = run.input_gradient(layer.activation, x, y, params)
    steps = killing_step.killing_steps(x, z, dz)
    units = [u for u in np.argsort(steps) if 0 < steps[u] < np.inf]
    assert len(units) > 1
    for unit in units[:4]:
        alive = []
        for factor in (0.99, 1.01):
            run.restore(start)
            run.step(rate_scale=factor * steps[unit] / run.learning_rate)
            now = run.parameters
            alive.append(bool(np.any((x @ now[layer.weight] + now[layer.bias])[:, unit] > 0)))
        assert alive == [True, False]


def test_the_share_that_a_large_step_kills_is_known_before_it() -> None:
    """T3 over the first steps of a training beyond the stable step, batch by batch."""
    changes = {"training__learning_rate": 20.0, "network__layers": [10, 64, 3]}
    run = ConfigSubject(clusters(**changes)).start(1)
    probe = KillProbe(run)
    for step in range(8):
        run.step()
        probe.after(step)
    assert len(probe.kills) >= 4 and max(kill.found for kill in probe.kills) > 0.05
    for kill in probe.kills:
        assert kill.predicted == pytest.approx(kill.found, abs=0.02)


def test_nothing_is_said_of_steps_that_are_no_plain_descent() -> None:
    for changes in ({"training__optimizer": "adam"}, {"network__activation": "tanh"}):
        run = ConfigSubject(clusters(**changes)).start(0)
        probe = KillProbe(run)
        run.step()
        probe.after(0)
        assert probe.kills == []


STARTS = {
    "he": "he_normal", "glorot": "glorot_uniform", "torch": "fan_in_uniform",
    "0.05": {"name": "uniform", "low": -0.05, "high": 0.05},
}  # fmt: skip


@pytest.mark.parametrize("kind", STARTS)
def test_ten_layers_scale_a_signal_as_computed(tmp_path, kind) -> None:
    """T4: total factors 1, .031, 1.29e-4 and 4.32e-7 for ten layers of 128."""
    x = np.random.default_rng(0).normal(size=(64, 128))
    net = subject(tmp_path, x, x[:, 0], [128] * 11 + [1], initializer=STARTS[kind])
    std = 0.05 / math.sqrt(3) if kind == "0.05" else gain.weight_std(kind, 128, 128)
    found = []
    for seed in range(5):
        run = net.start(seed)
        last = np.asarray(run.activations(x.astype("f4"))[-2].after, dtype=np.float64)
        found.append(math.log(np.sqrt(np.mean(last**2) / np.mean(x**2))))
    spread = gain.fluctuation([128] * 10) / math.sqrt(len(found))
    predicted = math.log(gain.relu_total([(128, std)] * 10))
    assert np.mean(found) == pytest.approx(predicted, abs=3.5 * spread)


def test_gradients_fade_through_sigmoids_as_computed(tmp_path) -> None:
    """T4 backward: chi = n s^2 / 16, a quarter a layer at s^2 = 1/n."""
    x = np.random.default_rng(0).normal(size=(200, 64))
    net = subject(
        tmp_path, x, x[:, 0], [64] * 7 + [1], activation="sigmoid",
        initializer={"name": "normal", "std": 1 / 8}, training={"epochs": 2},
    )  # fmt: skip
    slope = np.mean([gradient_slope(observe(net, seed)) for seed in range(3)])
    chi = gain.backward_factor(64, 1 / 8, gain.SIGMOID_SLOPE**2)
    assert slope == pytest.approx(-math.log(chi) / 2, rel=0.15)


def losses_of(net, kind=""):
    run = net.start(0)
    x, y = run.probe_data
    return constant_losses(run.loss_of, run.outputs(x).shape, y, kind), np.asarray(y)


def test_constant_answers_cost_what_the_floors_say(tmp_path) -> None:
    """T5: entropy, variance, E[y^2], E[(y - 1)^2], deviation from the median."""
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(300, 4)), rng.choice(3, size=300, p=[0.5, 0.3, 0.2])
    found, _ = losses_of(subject(tmp_path, x, labels, [4, 3], {"loss": "cross_entropy"}))
    assert found["the shares of the classes"] == pytest.approx(floors.entropy(labels), rel=1e-5)
    assert found["0"] == pytest.approx(math.log(3), rel=1e-5)
    target = 3.0 + rng.normal(size=300)
    found, y = losses_of(subject(tmp_path, x, target, [4, 1], task="regression"))
    said = {floor.name: floor.value for floor in floors.squared_floors(y, (1.0, -1.0))}
    assert found["the mean of the targets"] == pytest.approx(said["output is the mean"], rel=1e-5)
    for c in ("0", "1", "-1"):
        assert found[c] == pytest.approx(said[f"output is {c}"], rel=1e-5)
    found, y = losses_of(subject(tmp_path, x, target, [4, 1], {"loss": "l1"}, "regression"))
    (median,) = floors.absolute_floors(y)
    assert found["the median of the targets"] == pytest.approx(median.value, rel=1e-5)


def test_an_output_that_cannot_be_reached_costs_nothing_here(tmp_path) -> None:
    x = np.random.default_rng(0).normal(size=(50, 4))
    net = subject(tmp_path, x, x[:, 0], [4, 1], task="regression", output="sigmoid")
    assert "-1" not in losses_of(net, "Sigmoid")[0] and "1" in losses_of(net, "Sigmoid")[0]


def test_two_softmaxes_never_fall_below_their_floor() -> None:
    """T5: 1 + (C - 1)/e under the logarithm, whatever the network learns."""
    spec = clusters(network__output="softmax", training__learning_rate=2.0, training__steps=300)
    spec.training.epochs = 30
    trace = observe(ConfigSubject(spec), 0)
    floor = floors.double_softmax_floor(3)
    assert min(trace.losses) > floor and trace.metric > 0.8
    assert trace.head.best == pytest.approx(floor, rel=1e-4)


def test_a_network_stuck_at_zero_is_named() -> None:
    """T5: a dead output layer answers 0, and the loss is E[y^2]."""
    spec = changed(
        clusters(training__batch_size=400),
        {
            "data.targets": "number", "network.layers": [10, 8, 1], "training.loss": "mse",
            "network.output": "relu",
            "network.bias_initializer": {"name": "constant", "value": -50.0},
        },
    )  # fmt: skip
    net = ConfigSubject(spec)
    trace = observe(net, 0, share=THOROUGH)
    x, y = net.start(0).probe_data
    named = plateau(trace, facts(x, y))
    assert named is not None and named.name == "0"
    assert named.value == pytest.approx(np.mean(np.asarray(y) ** 2), rel=0.02)
    assert trace.final_loss == pytest.approx(named.value, rel=0.02)


def test_the_first_loss_tells_the_variance_of_the_logits(tmp_path) -> None:
    """T5: about ln C + v / 2 for Gaussian logits of variance v."""
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(1000, 64)), rng.integers(0, 10, 1000)
    net = subject(
        tmp_path, x, labels, [64, 10], {"loss": "cross_entropy"},
        initializer={"name": "normal", "std": 1 / 8},
    )  # fmt: skip
    run = net.start(0)
    logits = np.asarray(run.outputs(x.astype("f4")))
    found = floors.logit_variance(run.loss_on(x.astype("f4"), labels.astype("i4")), 10)
    assert found == pytest.approx(float(logits.var()), rel=0.25)


def line(tmp_path, optimizer, rate, epochs=400):
    """The case of a line through t = 0 .. 99, mean square (its Hessian is twice that of B2)."""
    t = np.arange(100.0)[:, None]
    training = {"optimizer": optimizer, "learning_rate": rate, "epochs": epochs}
    return subject(tmp_path, t, 3 * t[:, 0] + 1, [1, 1], training, "regression")


@pytest.mark.parametrize(
    ("optimizer", "limit"),
    [("sgd", 2.0), ({"name": "momentum", "momentum": 0.9}, 2 * 1.9)],
    ids=["sgd", "heavy ball"],
)
def test_training_turns_over_at_the_measured_stable_step(tmp_path, optimizer, limit) -> None:
    """T6: 2 / lambda, 2 (1 + beta) / lambda with momentum; lambda = 2 x 3284.2 (case B2)."""
    run = line(tmp_path, optimizer, 1e-5).start(0)
    curvature = sharpness(run, *run.probe_data)
    assert curvature == pytest.approx(2 * 3284.2, rel=0.01)
    ends = []
    for factor in (0.95, 1.05):
        losses = observe(line(tmp_path, optimizer, factor * limit / curvature), 0).losses
        ends.append(losses[-1] / losses[0])
    assert ends[0] < 1 and not ends[1] < 1e3


def test_curvature_as_adam_sees_it(tmp_path) -> None:
    """T6: the largest eigenvalue of P^-1/2 H P^-1/2, against linear algebra."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 4)) * [1.0, 2.0, 0.5, 4.0]
    net = subject(
        tmp_path, x, x @ [1.0, -1.0, 2.0, 0.5], [4, 1], {"optimizer": "adam", "epochs": 20},
        "regression",
    )  # fmt: skip
    run = net.start(0)
    assert math.isnan(preconditioned_sharpness(run, *run.probe_data))
    for _ in range(5):
        run.step()
    names, x = list(run.parameters), run.probe_data[0].astype(np.float64)
    columns = {"0.weight": x, "0.bias": np.ones((len(x), 1))}
    design = np.concatenate([columns[n] for n in names], axis=1)
    root = np.concatenate([np.sqrt(run.divisors[n]).ravel() for n in names])
    hessian = 2 * design.T @ design / len(x) / root[:, None] / root
    expected = np.linalg.eigvalsh(hessian)[-1]
    found = preconditioned_sharpness(run, *run.probe_data, iterations=40)
    assert found == pytest.approx(expected, rel=0.02)


def test_twice_the_steps_are_as_good_as_steps_of_twice_the_size(tmp_path) -> None:
    """T8: where the budget is the limit, the two act alike."""
    ends = [
        observe(line(tmp_path, "sgd", rate, epochs), 0).final_loss
        for rate, epochs in ((1e-6, 100), (2e-6, 50))
    ]
    assert ends[0] == pytest.approx(ends[1], rel=0.1)
    assert observe(line(tmp_path, "sgd", 1e-6, 50), 0).final_loss > 1.5 * ends[0]


def test_the_update_ratio_is_rate_times_gradient_over_weight() -> None:
    """T10 for plain descent: |dw| / |w| = learning rate |g| / |w|."""
    layer = observe(ConfigSubject(clusters()), 0).last.layers[0]
    weight = layer.weight_rms * math.sqrt(10 * 32)
    assert layer.update_ratio == pytest.approx(0.1 * layer.gradient / weight, rel=0.01)
