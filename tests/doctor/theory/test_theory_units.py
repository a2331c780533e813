"""Units that are born dead, killed by a step, or equal for ever."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.doctor.theory.born_dead import born_dead_probability, width_for
from backprove.doctor.theory.killing_step import killed_by, killing_steps
from backprove.doctor.theory.symmetry import distinct_units, is_symmetric


@pytest.mark.parametrize(
    ("widths", "expected", "tolerance"),
    [
        ([4, 2, 1], 0.6484, 1e-4),
        ([5] * 10, 0.2720, 1e-4),
        ([5] * 16, 0.3983, 1e-4),
        ([8] * 10, 0.0384, 1e-4),
        ([16] * 9, 1.37e-4, 1e-6),
        ([128] * 34, 34 * 2.0**-128, 1e-40),
        ([], 0.0, 0.0),
    ],
)
def test_the_chance_of_being_born_dead(widths, expected, tolerance) -> None:
    assert born_dead_probability(widths) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("widths", [(4, 2, 1), (5,) * 10])
def test_the_chance_is_what_a_simulation_finds(widths) -> None:
    rng = np.random.default_rng(0)
    trials = 4000
    x = np.ones((trials, 1, 1))
    for width in widths:
        weight = rng.normal(size=(trials, x.shape[2], width))
        x = np.maximum(x @ weight, 0)
    dead = np.mean(~np.any(x > 0, axis=(1, 2)))
    p = born_dead_probability(widths)
    assert abs(dead - p) < 4 * np.sqrt(p * (1 - p) / trials)


def test_width_grows_like_the_logarithm_of_the_depth() -> None:
    found = [width_for(depth, 0.01) for depth in (1, 10, 100)]
    assert found == [7, 10, 14]


X = np.array([[1.0, 0.0], [1.0, 1.0]])
WEIGHT = np.array([[0.5, 0.2], [-0.3, 0.4]])
DZ = np.array([[-0.85, 0.85], [0.3, -0.3]])


def test_the_killing_step_of_the_worked_example() -> None:
    """z = X W; targets (2, -1), output weights (1, -1), the mean of half squares."""
    z = X @ WEIGHT
    output = np.maximum(z, 0) @ [1.0, -1.0]
    residual = (output - [2.0, -1.0]) / 2
    np.testing.assert_allclose(np.outer(residual, [1.0, -1.0]), DZ)
    np.testing.assert_allclose(killing_steps(X, z, DZ), [np.inf, 0.75])


@pytest.mark.parametrize(("step", "alive"), [(0.74, 1), (0.76, 0)])
def test_the_step_itself_agrees(step, alive) -> None:
    weight, bias = WEIGHT - step * X.T @ DZ, -step * DZ.sum(0)
    assert np.sum((X @ weight + bias)[:, 1] > 0) == alive


def test_drawn_layers_die_exactly_at_their_step() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(6, 3))
    z, dz = rng.normal(size=(6, 200)), rng.normal(size=(6, 200))
    steps = killing_steps(x, z, dz)
    moved = (x @ x.T + 1) @ dz
    finite = np.isfinite(steps)
    assert 3 < finite.sum() < 150
    just = z - np.where(finite, steps, 0.0) * moved
    assert np.all(np.max(just[:, finite], axis=0) < 1e-12)
    before = z - np.where(finite, 0.999 * steps, 0.0) * moved
    assert np.all(np.any(before > 0, axis=0)[finite & (steps > 0)])
    far = z[:, ~finite] - 1e6 * moved[:, ~finite]
    assert np.all(np.any(far > 0, axis=0))


def test_a_silent_unit_has_the_step_zero_and_does_not_count() -> None:
    z = np.array([[-1.0, 1.0]])
    steps = killing_steps([[1.0]], z, [[0.0, 1.0]])
    np.testing.assert_allclose(steps, [0.0, 0.5])
    assert killed_by([[1.0]], z, [[0.0, 1.0]], 0.4) == 0.0
    assert killed_by([[1.0]], z, [[0.0, 1.0]], 0.6) == 1.0
    assert killed_by([[1.0]], -np.abs(z), [[0.0, 1.0]], 1.0) == 0.0


def test_a_larger_step_can_wake_a_unit_again() -> None:
    """The second row is silent, and rises by 5 eta: it is above 0 from eta = .6 on."""
    x, z, dz = np.eye(2), np.array([[1.0], [-3.0]]), np.array([[3.0], [-4.0]])
    assert killing_steps(x, z, dz) == pytest.approx([0.5])
    assert [killed_by(x, z, dz, eta) for eta in (0.4, 0.55, 0.65)] == [0.0, 1.0, 0.0]


def test_without_bias_the_kernel_has_no_one() -> None:
    assert killing_steps([[2.0]], [[1.0]], [[1.0]], bias=False) == pytest.approx(1 / 4)


def test_symmetry_is_an_equality() -> None:
    equal = np.full((3, 4), 0.01)
    assert is_symmetric(equal) and distinct_units(equal) == 1
    equal[0, 0] = np.nextafter(0.01, 1)
    assert not is_symmetric(equal) and distinct_units(equal) == 2
    assert not is_symmetric(np.ones((3, 1)))
