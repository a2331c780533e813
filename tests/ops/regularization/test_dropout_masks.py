"""The masks of Dropout and AlphaDropout: their share, their moments, their bits, their edges."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import support
from backprove import random
from backprove.errors import UsageError
from backprove.net import Sequential
from backprove.ops import SELU, AlphaDropout, Dropout

BOTH = [Dropout, AlphaDropout]
SIZE = 200_000
SHARES = [0.05, 0.1, 0.25, 0.5, 0.8, 0.99]


def run(op, x, seed: int = 0, dy=None):
    """Output and input gradient of a training pass."""
    y, saved = op.fwd(x, training=True, key=random.key(seed))
    return y, op.bwd(saved, np.ones_like(x) if dy is None else dy)[0][0]


@pytest.mark.parametrize("p", SHARES)
@pytest.mark.parametrize("cls", BOTH)
def test_the_share_of_dropped_elements_is_p(cls, p) -> None:
    _, mask = run(cls(p), np.ones(SIZE))
    share = float(np.mean(mask == 0))
    assert abs(share - p) < 5 * np.sqrt(p * (1 - p) / SIZE)


@pytest.mark.parametrize("p", SHARES)
def test_dropout_keeps_the_mean_of_what_it_is_given(p) -> None:
    y, _ = run(Dropout(p), np.ones(SIZE))
    assert abs(y.mean() - 1) < 5 * np.sqrt(p / (1 - p) / SIZE)
    np.testing.assert_allclose(np.unique(y), [0.0, 1 / (1 - p)], rtol=1e-15)


@pytest.mark.parametrize("p", [0.05, 0.1, 0.25, 0.5, 0.8])
def test_alpha_dropout_keeps_mean_0_and_variance_1(p) -> None:
    x = np.random.default_rng(3).standard_normal(SIZE)
    y, _ = run(AlphaDropout(p), x)
    assert abs(y.mean()) < 5 / np.sqrt(SIZE)
    fourth = np.mean((y - y.mean()) ** 4)
    assert abs(y.var() - 1) < 5 * np.sqrt(fourth / SIZE)


def test_alpha_dropout_keeps_the_moments_behind_selu() -> None:
    selu = SELU()
    x = np.random.default_rng(4).standard_normal(SIZE)
    y, _ = run(AlphaDropout(0.2), selu.fwd(x)[0])
    assert abs(y.mean()) < 0.02 and abs(y.var() - 1) < 0.03
    lowest = selu.fwd(np.array([-1000.0]))[0]
    dropped, _ = run(AlphaDropout(0.5), np.full(100, lowest[0]))
    np.testing.assert_allclose(dropped, dropped[0], rtol=1e-12)


@pytest.mark.parametrize("shape", [(), (1,), (7,), (8, 3), (2, 3, 5)])
@pytest.mark.parametrize("p", [0.1, 0.5])
@pytest.mark.parametrize("cls", BOTH)
def test_numpy_and_jax_give_the_same_bits(cls, p, shape) -> None:
    op, x = cls(p), np.full(shape, 0.75, dtype=np.float32)
    key, dy = random.key(11), np.full(shape, 0.5, dtype=np.float32)
    y, saved = op.fwd(x, training=True, key=key)
    traced, kept = op.fwd(jnp.asarray(x), training=True, key=jnp.asarray(key))
    np.testing.assert_array_equal(y, np.asarray(traced))
    (expected,), _ = op.bwd(saved, dy)
    (found,), _ = op.bwd(kept, jnp.asarray(dy))
    np.testing.assert_array_equal(expected, np.asarray(found))


@pytest.mark.parametrize("p", [0.1, 1 / 3, 0.7])
@pytest.mark.parametrize("cls", BOTH)
def test_every_dtype_draws_the_same_mask(cls, p) -> None:
    masks = [
        np.asarray(run(cls(p), support._as(np.ones(5000), dtype))[1]) != 0
        for dtype in ("float64", "float32", "float16", "bfloat16")
    ]
    assert all(np.array_equal(masks[0], mask) for mask in masks)


@pytest.mark.parametrize("cls", BOTH)
def test_backward_drops_what_forward_dropped(cls) -> None:
    x = np.random.default_rng(5).standard_normal((50, 20)) + 100
    dy = np.random.default_rng(6).standard_normal((50, 20))
    y, dx = run(cls(0.3), x, dy=dy)
    dropped = y == 0 if cls is Dropout else np.isclose(y, y.min(), rtol=1e-12)
    np.testing.assert_array_equal(dx == 0, dropped)
    assert 0.2 < dropped.mean() < 0.4


@pytest.mark.parametrize("cls", BOTH)
def test_only_the_key_is_kept(cls) -> None:
    _, saved = cls(0.5).fwd(np.ones((100, 100)), training=True, key=random.key(0))
    assert saved.keys() == {"key", "training"}


@pytest.mark.parametrize("cls", BOTH)
def test_masks_follow_the_key(cls) -> None:
    op, x = cls(0.5), np.ones(1000)
    masks = [run(op, x, seed)[1] != 0 for seed in range(4)]
    np.testing.assert_array_equal(run(op, x, 0)[1] != 0, masks[0])
    for i in range(4):
        for j in range(i):
            assert 0.4 < np.mean(masks[i] == masks[j]) < 0.6
    step = [
        op.fwd(x, training=True, key=random.fold_in(random.key(0), step))[0] for step in range(2)
    ]
    assert not np.array_equal(*step)


@pytest.mark.parametrize("cls", BOTH)
def test_evaluation_is_the_identity(cls) -> None:
    x = np.array([1.0, np.nan, np.inf, -0.0])
    for values in ({}, {"key": random.key(0)}, {"training": False}):
        y, saved = cls(0.5).fwd(x, **values)
        np.testing.assert_array_equal(y, x)
        np.testing.assert_array_equal(op_bwd(cls(0.5), saved, x), x)


def op_bwd(op, saved, dy):
    return op.bwd(saved, dy)[0][0]


@pytest.mark.parametrize("cls", BOTH)
def test_p_0_keeps_all_and_p_1_drops_all(cls) -> None:
    x = np.array([1.5, -2.0, 1e300, 5e-324])
    y, dx = run(cls(0.0), x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(dx, np.ones(4))
    y, dx = run(cls(1.0), x)
    np.testing.assert_array_equal(y, np.zeros(4))
    np.testing.assert_array_equal(dx, np.zeros(4))


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("cls", BOTH)
def test_nan_goes_through_even_where_it_is_dropped(cls, p) -> None:
    y, _ = run(cls(p), np.full(100, np.nan))
    assert np.isnan(y).all()
    assert np.isnan(run(cls(p), np.ones(100), dy=np.full(100, np.nan))[1]).all()


@pytest.mark.parametrize("cls", BOTH)
def test_infinity_is_dropped_without_a_nan(cls) -> None:
    y, dx = run(cls(0.5), np.full(1000, np.inf), dy=np.full(1000, -np.inf))
    assert not np.isnan(y).any() and not np.isnan(dx).any()
    assert 400 < np.isinf(y).sum() < 600
    np.testing.assert_array_equal(np.isinf(y), np.isinf(dx))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.75])
@pytest.mark.parametrize("library", ["torch", "paddle"])
def test_kept_elements_are_scaled_as_in_the_frameworks(library, p) -> None:
    theirs = support.ask(library).evaluate("F.dropout(x, p)", {"x": np.ones(500)}, {"p": p})["y"]
    ours, _ = run(Dropout(p), np.ones(500))
    np.testing.assert_allclose(np.unique(ours), np.unique(theirs), rtol=1e-7)
    theirs = support.ask(library).evaluate(
        "F.alpha_dropout(x, p, training=True)", {"x": np.ones(500)}, {"p": p}
    )["y"]
    ours, _ = run(AlphaDropout(p), np.ones(500))
    np.testing.assert_allclose(np.unique(ours.round(12)), np.unique(theirs.round(12)), rtol=1e-6)


@pytest.mark.parametrize("cls", BOTH)
def test_training_without_a_key_is_refused(cls) -> None:
    with pytest.raises(UsageError, match=r"pass key=backprove.random.key\(seed\)"):
        cls(0.5).fwd(np.ones(3), training=True)
    with pytest.raises(UsageError, match="needs a key"):
        Sequential(cls(0.5))(np.ones(3), training=True)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
@pytest.mark.parametrize("cls", BOTH)
def test_p_must_be_a_probability(cls, p) -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        cls(p)
