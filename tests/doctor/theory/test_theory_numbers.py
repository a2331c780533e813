"""Gains, floors, stable steps, noise and budgets against the numbers of the literature."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprove.doctor.theory import budget, floors, gain, noise, stability

GAINS = {"he": 1.0, "glorot": 0.031, "torch": 1.29e-4}


@pytest.mark.parametrize("kind", GAINS)
def test_total_gain_of_ten_layers_of_128(kind) -> None:
    layers = [(128, gain.weight_std(kind, 128, 128))] * 10
    assert gain.relu_total(layers) == pytest.approx(GAINS[kind], rel=0.02)


@pytest.mark.parametrize(
    ("std", "expected"), [(0.05 / math.sqrt(3), 4.32e-7), (1.0, 1.1e9)], ids=["uniform", "normal"]
)
def test_total_gain_of_a_given_deviation(std, expected) -> None:
    assert gain.relu_total([(128, std)] * 10) == pytest.approx(expected, rel=0.03)


def test_the_gain_is_what_a_network_shows() -> None:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(30):
        x = rng.normal(size=128)
        start = np.linalg.norm(x)
        for _ in range(10):
            x = np.maximum(rng.normal(size=(128, 128)) * gain.weight_std("he", 128, 128) @ x, 0)
        found.append(np.log(np.linalg.norm(x) / start))
    assert np.mean(found) == pytest.approx(0, abs=0.3)
    assert np.std(found) == pytest.approx(gain.fluctuation([128] * 10), rel=0.35)


def test_going_back_through_sigmoids() -> None:
    chi = gain.backward_factor(64, 1 / 8, gain.SIGMOID_SLOPE**2)
    assert chi == pytest.approx(1 / 16)
    assert gain.depth_scale(chi) == pytest.approx(1 / math.log(16))
    assert gain.depth_scale(1.0) == math.inf and gain.depth_scale(0.0) == 0.0
    assert gain.layer_slope([4.0**-k for k in range(6)]) == pytest.approx(-math.log(4))
    assert gain.layer_slope([1.0, 0.0, math.nan]) == 0.0


def test_floors_of_classes() -> None:
    assert floors.entropy(np.arange(10)) == pytest.approx(math.log(10))
    assert floors.entropy([0, 0, 0, 1]) == pytest.approx(0.5623, abs=1e-4)
    assert floors.binary_entropy([[0], [1]]) == pytest.approx(math.log(2))
    assert floors.binary_entropy([1, 1]) == 0.0
    assert floors.double_softmax_floor(10) == pytest.approx(1.4612, abs=1e-4)
    assert floors.logit_variance(math.log(10) + 0.5, 10) == pytest.approx(1.0)


def test_the_double_softmax_floor_is_the_least_value() -> None:
    p = np.eye(10)[0]
    assert floors.double_softmax_floor(10) == pytest.approx(-p[0] + math.log(np.exp(p).sum()))


def test_floors_of_squares() -> None:
    x = np.arange(-100, 101) / 10
    found = floors.squared_floors(x**2 + 3, (1.0,))
    named = floors.matching(2179.0, found)
    assert named is not None and named.name == "output is 1"
    x = np.arange(-200, 200) / 2
    named = floors.matching(1.1112e15, floors.squared_floors(x**4))
    assert named is not None and named.name == "output is 0"
    assert named.value == pytest.approx(1.1113e15, rel=1e-3)
    xor = np.array([0, 1, 1, 0, 0, 0])
    named = floors.matching(0.66667, floors.squared_floors(xor, (1.0,)))
    assert named is not None and named.name == "output is 1"
    assert floors.matching(0.3, floors.squared_floors(xor)) is None
    assert floors.matching(math.nan, found) is None
    assert floors.absolute_floors([0.0, 1.0, 5.0])[0].value == pytest.approx(5 / 3)


def test_the_stable_step_of_a_line() -> None:
    """Inputs 0 .. 99 and a bias, loss sum / (2 T): .001 diverges, 5e-4 converges."""
    t = np.stack([np.arange(100.0), np.ones(100)], axis=1)
    curvature = np.linalg.eigvalsh(t.T @ t / 100)[-1]
    assert curvature == pytest.approx(3284.2, abs=0.1)
    assert stability.largest_step(curvature) == pytest.approx(6.09e-4, rel=1e-3)


@pytest.mark.parametrize(
    ("beta", "nesterov"), [(0.0, False), (0.9, False), (0.5, False), (0.9, True), (0.5, True)]
)
@pytest.mark.parametrize("factor", [0.98, 1.02])
def test_the_largest_step_separates_convergence_from_divergence(beta, nesterov, factor) -> None:
    curvature = 3.0
    eta = factor * stability.largest_step(curvature, beta=beta, nesterov=nesterov)
    w, v = 1.0, 0.0
    for _ in range(4000):
        g = curvature * w
        v = beta * v + g
        w -= eta * (g + beta * v if nesterov else v)
        if abs(w) > 1e6:
            break
    assert (abs(w) < 1e-3) == (factor < 1)


def test_adams_limit_and_flat_directions() -> None:
    assert stability.limit("adam", beta=0.9) == pytest.approx(38)
    assert stability.largest_step(0.0) == math.inf and stability.largest_step(-1.0) == math.inf
    assert stability.limit() == stability.QUADRATIC < stability.CATAPULT


def test_curvature_along_the_gradient_predicts_the_change() -> None:
    rng = np.random.default_rng(2)
    root = rng.normal(size=(5, 5))
    hessian, w = root @ root.T, rng.normal(size=5)
    g = hessian @ w
    kappa = stability.ray_curvature(g, hessian @ g)
    for step in (0.01, 1 / kappa, 3 / kappa):
        moved = w - step * g
        change = 0.5 * (moved @ hessian @ moved - w @ hessian @ w)
        assert change == pytest.approx(stability.predicted_change(step, g @ g, kappa))
    assert stability.ray_curvature(np.zeros(3), np.zeros(3)) == 0.0


def test_the_noise_of_the_worked_example() -> None:
    found = noise.noise_scale(16, 1.0, 64, 0.4)
    assert found == pytest.approx((0.2, 12.8, 64.0))
    assert noise.best_step(1.0, 64.0, 64) == 0.5
    assert noise.noise_scale(16, 1.0, 64, 0.1).scale == math.inf


def test_the_noise_scale_is_that_of_drawn_gradients() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(400, 64, 20)) + 0.5
    small = np.mean(np.sum(rows[:, :16].mean(1) ** 2, axis=1))
    large = np.mean(np.sum(rows.mean(1) ** 2, axis=1))
    assert noise.noise_scale(16, small, 64, large).scale == pytest.approx(20 / 5, rel=0.1)


def test_budgets() -> None:
    assert budget.adam_reach(1e-3, 35) == pytest.approx(0.035)
    steps = budget.steps_for(0.01, 2.0)
    assert (1 - 0.02) ** steps == pytest.approx(1 / math.e)
    assert budget.steps_for(0.1, 0.0) == math.inf and budget.steps_for(1.0, 2.0) == 1.0


def test_the_late_slope_tells_a_falling_curve_from_a_flat_one() -> None:
    steps = np.arange(1000)
    falling = budget.late_slope(3.0 - steps / 1000)
    assert falling == pytest.approx(0.2, abs=0.05)
    assert budget.late_slope(np.exp(-steps / 20)) < 1e-6
    assert budget.late_slope(np.full(100, math.nan)) == 0.0
    assert budget.late_slope(steps.astype(float)) == 0.0
