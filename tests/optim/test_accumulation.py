"""Accumulated gradients."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

import support
from backprove.counts import Count
from backprove.errors import UsageError
from backprove.optim import OPTIMIZERS, ClipByNorm, accumulate, optimizer
from backprove.optim.schedules import Exponential

EVERY, ROUNDS = 3, 5


def problem(dtype):
    """A linear regression: weights, batches of EVERY * 4 rows, and its gradient."""
    rng = np.random.default_rng(5)
    x = rng.standard_normal((ROUNDS, EVERY * 4, 6)).astype(dtype)
    y = rng.standard_normal((ROUNDS, EVERY * 4)).astype(dtype)
    return {"w": rng.standard_normal(6).astype(dtype)}, x, y


def gradient(params, x, y):
    error = x @ params["w"] - y
    return {"w": (2.0 / x.shape[0]) * (x.T @ error)}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_k_small_batches_are_one_large_one(name):
    params, x, y = problem(np.float64)
    options = {"learning_rate": Exponential(0.05, 0.7), "clip": ClipByNorm(1.0)}
    large = optimizer(name, **options)
    small = accumulate(large, EVERY)
    w, s = params, large.init(params)
    v, t = params, small.init(params)
    for i in range(ROUNDS):
        w, s = large.update(w, gradient(w, x[i], y[i]), s, i, large.rate(i))
        for j in range(EVERY):
            rows = slice(4 * j, 4 * j + 4)
            step = i * EVERY + j
            before = v
            v, t = small.update(v, gradient(v, x[i, rows], y[i, rows]), t, step, small.rate(step))
            assert (v["w"] is before["w"]) == (j < EVERY - 1)
        support.close(v["w"], w["w"], "float64")
        assert not t["accumulated"]["w"].any()


def test_inside_a_compiled_loop():
    params, x, y = problem(np.float32)
    opt = accumulate(optimizer("adam", learning_rate=0.05, weight_decay=0.1), EVERY)
    x, y = x.reshape(-1, 4, 6), y.reshape(-1, 4)
    w, s = params, opt.init(params)
    for step in range(EVERY * ROUNDS - 1):
        w, s = opt.update(w, gradient(w, x[step], y[step]), s, step, opt.rate(step))

    @jax.jit
    def loop(params, x, y):
        def body(carry, batch):
            params, state, step = carry
            grads = gradient(params, *batch)
            params, state = opt.update(params, grads, state, step, opt.rate(step))
            return (params, state, step + 1), None

        return lax.scan(body, (params, opt.init(params), jnp.int32(0)), (x, y))[0]

    found, state, _ = loop({"w": jnp.asarray(params["w"])}, x[:-1], y[:-1])
    support.close(found["w"], w["w"], "float32")
    for slot, values in s.items():
        support.close(state[slot]["w"], values["w"], "float32", terms=10.0)


def test_half_precision_is_summed_in_float32():
    opt = accumulate(optimizer("sgd", learning_rate=1.0), 64)
    params = {"w": np.zeros(1, np.float16)}
    state = opt.init(params)
    assert state["accumulated"]["w"].dtype == np.float32
    for step in range(64):
        g = {"w": np.array([1024.0 if step == 0 else 0.25], np.float16)}
        params, state = opt.update(params, g, state, step, 1.0)
    assert params["w"].dtype == np.float16
    assert params["w"][0] == np.float16(-(1024.0 + 63 * 0.25) / 64)


def test_the_schedule_counts_updates():
    opt = accumulate(optimizer("sgd", learning_rate=Exponential(1.0, 0.5)), 4)
    assert [opt.rate(i) for i in range(9)] == [1.0] * 4 + [0.5] * 4 + [0.25]


def test_once_is_the_optimizer_itself_and_twice_multiplies():
    params, x, y = problem(np.float64)
    inner = optimizer("momentum", learning_rate=0.1)
    once = accumulate(inner, 1)
    grads = gradient(params, x[0], y[0])
    expected, _ = inner.update(params, grads, inner.init(params), 0, 0.1)
    found, _ = once.update(params, grads, once.init(params), 0, 0.1)
    np.testing.assert_array_equal(found["w"], expected["w"])
    assert accumulate(accumulate(inner, 2), 3) == accumulate(inner, 6)
    assert accumulate(inner, 4).cost() == Count(flop=5) + inner.cost()


@pytest.mark.parametrize("every", [0, -1, 2.0, True, None])
def test_a_bad_number_is_refused(every):
    with pytest.raises(UsageError, match="every"):
        accumulate(optimizer("sgd"), every)
