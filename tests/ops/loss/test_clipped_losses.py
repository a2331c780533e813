"""Losses of outputs that are taken for probabilities: where they are cut, and Poisson's."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.errors import ShapeError, UsageError
from backprove.ops import operator
from backprove.ops.loss.clipped_bce import ClippedBCE
from backprove.ops.loss.clipped_cross_entropy import ClippedCrossEntropy
from backprove.ops.loss.cross_entropy import CrossEntropy
from backprove.ops.loss.poisson_nll import PoissonNLL

EPS = 1e-7


def value_and_gradient(op, x, target):
    y, saved = op.fwd(np.asarray(x), np.asarray(target))
    (dx, _), _ = op.bwd(saved, np.ones_like(y))
    return y, dx


def test_a_certain_mistake_costs_what_keras_says_and_moves_nothing() -> None:
    y, dx = value_and_gradient(ClippedBCE(), [[1.0], [1.0], [0.0]], [[0.0], [1.0], [1.0]])
    assert y == pytest.approx(2 / 3 * -np.log(EPS), rel=1e-6)
    assert np.all(dx == 0)


def test_outside_of_the_interval_nothing_comes_back() -> None:
    y, dx = value_and_gradient(ClippedBCE(reduction="none"), [-3.0, 2.0, 0.5], [1.0, 0.0, 1.0])
    np.testing.assert_allclose(y, [-np.log(EPS), -np.log(EPS), np.log(2)], rtol=1e-6)
    np.testing.assert_allclose(dx, [0, 0, -2])


def test_the_ends_of_the_interval_have_the_slope_of_the_inside() -> None:
    _, dx = value_and_gradient(ClippedBCE(0.25, "none"), [0.25, 0.75], [1.0, 1.0])
    np.testing.assert_allclose(dx, [-4, -4 / 3])


def test_a_target_above_one_pays_to_be_far_from_it() -> None:
    y, _ = value_and_gradient(ClippedBCE(reduction="none"), [1.0, 0.0], [9.0, 9.0])
    assert y[0] < -100 and y[1] > 100


def test_nan_is_not_hidden() -> None:
    for op, target in ((ClippedBCE(), [[1.0]]), (PoissonNLL(), [[1.0]])):
        assert np.isnan(value_and_gradient(op, [[np.nan]], target)[0])
    assert np.isnan(value_and_gradient(ClippedCrossEntropy(), [[np.nan, 0.5]], [0])[0])


def test_after_a_softmax_it_is_the_cross_entropy_of_logits() -> None:
    rng = np.random.default_rng(0)
    z, labels = rng.standard_normal((7, 4)), rng.integers(0, 4, 7)
    exps = np.exp(z)
    p = exps / exps.sum(1, keepdims=True)
    y, _ = value_and_gradient(ClippedCrossEntropy(), p, labels)
    assert y == pytest.approx(value_and_gradient(CrossEntropy(), z, labels)[0], rel=1e-6)
    same, _ = value_and_gradient(ClippedCrossEntropy(), 3.0 * p, labels)
    assert same == pytest.approx(y, rel=1e-12)


def test_a_single_output_is_always_right_and_never_learns() -> None:
    y, dx = value_and_gradient(ClippedCrossEntropy(), [[0.2], [0.9]], [[1.0], [4.0]])
    assert abs(y) < 1e-6 and np.all(dx == 0)


def test_without_a_cut_zero_times_infinity_is_nan() -> None:
    by_hand = ClippedCrossEntropy(0.0, normalize=False)
    with np.errstate(all="ignore"):
        assert np.isnan(value_and_gradient(by_hand, [[0.0, 1.0]], [1])[0])
    assert value_and_gradient(ClippedCrossEntropy(), [[0.0, 1.0]], [1])[0] < 1e-6


def test_a_label_outside_of_the_classes_is_nan() -> None:
    assert np.isnan(value_and_gradient(ClippedCrossEntropy(), [[0.5, 0.5]], [2])[0])


def test_the_least_poisson_loss_is_at_the_count() -> None:
    rates = np.linspace(0.5, 6.0, 56)
    y, dx = value_and_gradient(PoissonNLL(reduction="none"), rates, np.full(56, 3))
    assert rates[y.argmin()] == pytest.approx(3.0)
    assert np.all(dx[rates < 2.95] < 0) and np.all(dx[rates > 3.05] > 0)


def test_other_names_are_found() -> None:
    assert type(operator("categorical_cross_entropy", "loss")) is ClippedCrossEntropy
    assert type(operator("poisson", "loss")) is PoissonNLL


@pytest.mark.parametrize("cls", [ClippedBCE, PoissonNLL, ClippedCrossEntropy])
@pytest.mark.parametrize("epsilon", [-1e-7, 0.5, float("nan")])
def test_a_useless_epsilon_is_refused(cls, epsilon) -> None:
    with pytest.raises(UsageError, match="epsilon above 0 and below"):
        cls(epsilon=epsilon)


@pytest.mark.parametrize("cls", [ClippedBCE, PoissonNLL])
def test_shapes_are_never_broadcast(cls) -> None:
    with pytest.raises(ShapeError, match="same shape"):
        cls().fwd(np.ones((4, 1)), np.ones(4))
    with pytest.raises(UsageError, match="epsilon above 0"):
        cls(epsilon=0.0)
