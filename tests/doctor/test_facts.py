"""What data say before any training."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.doctor.facts import facts
from backprove.doctor.signal import signal_score


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_scale_and_columns(rng) -> None:
    x = rng.normal(size=(300, 4)) * [1.0, 100.0, 1.0, 0.0] + [0, 0, 5, 3]
    x[:, 2] = x[:, 0]
    found = facts(x, rng.normal(size=300))
    assert found.constant == 1 and found.duplicate == 1 and found.rows == 300
    assert found.widest == pytest.approx(100, rel=0.15) and found.narrowest < 1.2
    assert 1.5 <= found.center < 10 and found.x_finite


@pytest.mark.parametrize(
    ("y", "kind", "classes"),
    [
        (np.array([0, 1, 2] * 10), "classes", 3),
        (np.eye(3)[[0, 1, 2] * 10], "classes", 3),
        (np.array([0.0, 1.0] * 15)[:, None], "binary", 2),
        (np.array([[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]] * 15), "labels", 0),
        (np.linspace(0, 1, 30), "real", 0),
    ],
)
def test_kinds_of_targets(y, kind, classes, rng) -> None:
    found = facts(rng.normal(size=(30, 2)), y)
    assert (found.kind, found.classes) == (kind, classes)
    assert not found.shares or sum(found.shares) == pytest.approx(1)


def test_imbalance_and_order(rng) -> None:
    x = rng.normal(size=(200, 2))
    found = facts(x, np.repeat([0, 1], [180, 20]))
    assert found.imbalance == pytest.approx(9) and found.runs < 0.1
    assert facts(x, rng.integers(0, 2, 200)).runs == pytest.approx(1, abs=0.25)
    assert facts(x, np.linspace(0, 1, 200)).runs < 0.1


def test_conflicting_rows() -> None:
    x = np.array([[0.0], [0.0], [1.0], [2.0]])
    assert facts(x, np.array([0, 1, 1, 1])).conflicts == 0.5
    assert facts(x, np.array([0, 0, 1, 1])).conflicts == 0.0


def test_not_finite_values_are_told_and_nothing_fails() -> None:
    x = np.array([[0.0], [np.nan], [np.inf], [2.0]])
    found = facts(x, np.array([0.0, np.nan, 1.0, 1.0]))
    assert not found.x_finite and not found.y_finite


def test_a_signal_is_seen_and_a_permuted_one_is_not(rng) -> None:
    x = rng.normal(size=(500, 3))
    circle = (np.sum(x**2, axis=1) > 2.4).astype(np.int64)
    assert facts(x, circle).has_signal and facts(x, x[:, 0] + rng.normal(size=500)).has_signal
    assert facts(1e4 * x + 7, np.sin(x[:, :1])).has_signal
    false = [facts(x, rng.permutation(circle)).has_signal for _ in range(20)]
    assert np.mean(false) <= 0.25


def test_many_columns_are_projected(rng) -> None:
    x = rng.normal(size=(400, 300))
    y = (x[:, :100].sum(axis=1) > 0).astype(np.int64)
    score, limit = signal_score(x, y, "classes")
    assert score > limit
    assert signal_score(np.ones((50, 3)), np.arange(50) % 2, "classes") == (0.0, 0.0)
