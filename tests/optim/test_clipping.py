"""Gradient clipping."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import support
from backprove.optim import ClipByNorm, clip_by_norm, clip_by_value, global_norm

FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)
GRADIENTS = st.dictionaries(
    st.sampled_from("abc"),
    hnp.arrays(np.float32, hnp.array_shapes(min_dims=0, max_dims=2, max_side=4), elements=FLOATS),
)


def norm(grads):
    parts = [np.asarray(g, np.float64).ravel() for g in grads.values()]
    return float(np.linalg.norm(np.concatenate(parts))) if parts else 0.0


@given(GRADIENTS, st.floats(1e-3, 1e3))
@settings(deadline=None)
def test_the_norm_never_exceeds_the_limit_and_the_direction_stays(grads, limit):
    before = norm(grads)
    clipped = clip_by_norm(grads, limit)
    assert norm(clipped) <= limit * (1 + 1e-6)
    factor = min(1.0, limit / (before + 1e-6))
    for name, g in grads.items():
        assert clipped[name].dtype == np.float32 and clipped[name].shape == g.shape
        expected = g.astype(np.float64) * factor
        subnormal = (limit + 1.0) * 2e-45
        assert np.all(np.abs(clipped[name] - expected) <= 1e-6 * np.abs(expected) + subnormal)


@given(GRADIENTS)
@settings(deadline=None)
def test_the_norm_of_any_finite_numbers(grads):
    expected = norm(grads)
    found = float(global_norm(grads))
    largest = float(np.finfo(np.float32).max)
    if expected > largest * (1 + 1e-6):
        assert found == np.inf
    elif expected < largest * (1 - 1e-6):
        assert found == pytest.approx(expected, rel=1e-6, abs=2e-45)


@given(GRADIENTS, st.floats(1e-3, 1e3))
@settings(deadline=None)
def test_values_stay_within_the_limit(grads, limit):
    for name, g in clip_by_value(grads, limit).items():
        assert g.dtype == np.float32
        np.testing.assert_array_equal(g, np.clip(grads[name], -limit, limit))


def test_huge_gradients_are_clipped_and_not_lost():
    grads = {"a": np.array([3e38, 0.0], np.float32), "b": np.array([-3e38], np.float32)}
    for clipped in (clip_by_norm(grads, 2.0), jax.jit(lambda g: clip_by_norm(g, 2.0))(grads)):
        np.testing.assert_allclose(clipped["a"], [2.0**0.5, 0.0], rtol=1e-6)
        np.testing.assert_allclose(clipped["b"], [-(2.0**0.5)], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite_gradients_come_back_as_they_are(bad):
    grads = {"a": np.array([1.0, bad], np.float32), "b": np.array([5.0], np.float32)}
    for clipped in (ClipByNorm(0.1)(grads), jax.jit(ClipByNorm(0.1))(grads)):
        for name, g in grads.items():
            np.testing.assert_array_equal(clipped[name], g)
    assert float(global_norm(grads)) == pytest.approx(abs(bad), nan_ok=True)
    assert np.isnan(clip_by_value({"a": np.array([np.nan])}, 1.0)["a"])[0]


@pytest.mark.parametrize("dtype", [np.float64, np.float16, ml_dtypes.bfloat16])
def test_other_dtypes_are_kept(dtype):
    grads = {"a": np.full(100, 300.0).astype(dtype), "b": np.asarray(4.0).astype(dtype)}
    expected = 3.0 / (norm(grads) + 1e-6)
    for clipped in (clip_by_norm(grads, 3.0), clip_by_value(grads, 0.5)):
        assert all(g.dtype == dtype and g.shape == grads[k].shape for k, g in clipped.items())
    found = clip_by_norm(grads, 3.0)["a"].astype(np.float64)
    np.testing.assert_allclose(found, 300.0 * expected, rtol=2 * support.UNIT[np.dtype(dtype).name])


def test_gradients_of_several_dtypes_share_one_norm():
    grads = {"a": np.full(2, 3.0, np.float32), "b": np.full(3, 4.0)}
    clipped = clip_by_norm(grads, 1.0)
    assert (clipped["a"].dtype, clipped["b"].dtype) == (np.float32, np.float64)
    assert norm(clipped) == pytest.approx(1.0, rel=1e-5)


def test_compiled_and_without_elements():
    grads = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.zeros((0, 4), np.float32)}
    found = jax.jit(lambda g: (clip_by_norm(g, 1.5), clip_by_value(g, 1.5), global_norm(g)))(grads)
    for ours, theirs in zip(
        (clip_by_norm(grads, 1.5), clip_by_value(grads, 1.5)), found[:2], strict=True
    ):
        for name, g in ours.items():
            support.close(theirs[name], g, "float32")
    assert float(found[2]) == pytest.approx(55.0**0.5, rel=1e-6)
    assert clip_by_norm({}, 1.0) == {} and global_norm({}) == 0.0
    assert global_norm({"a": jnp.zeros((0,))}) == 0.0


def test_gradients_are_not_written_to():
    g = np.array([3.0, 4.0])
    g.flags.writeable = False
    np.testing.assert_allclose(clip_by_norm({"a": g}, 1.0)["a"], [0.6, 0.8], rtol=1e-6)
    np.testing.assert_array_equal(clip_by_value({"a": g}, 3.5)["a"], [3.0, 3.5])
