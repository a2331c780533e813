"""PReLU, whose slope is learnt, and RReLU, whose slope is drawn."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import support
from backprove import messages, random
from backprove.errors import ShapeError, UsageError
from backprove.ops.activation.prelu import PReLU
from backprove.ops.activation.rrelu import RReLU
from backprove.oracle import exact

KEY = random.key(7)


@pytest.mark.parametrize(
    ("shape", "slopes"),
    [((), 1), *((s, n) for s in ((3,), (2, 3), (4, 2, 3), (0, 3)) for n in (1, 3))],
)
def test_prelu_adds_up_what_shares_a_slope(shape, slopes) -> None:
    rng = np.random.default_rng(1)
    x, dy = np.asarray(rng.standard_normal(shape)), np.asarray(rng.standard_normal(shape))
    op, weight = PReLU(slopes), np.linspace(-0.5, 2.0, slopes)
    y, saved = op.fwd(x, weight=weight)
    (dx,), grads = op.bwd(saved, dy)
    assert np.shape(y) == np.shape(dx) == shape
    by_hand = np.zeros(slopes)
    for index in np.ndindex(shape):
        by_hand[index[-1] if slopes > 1 else 0] += dy[index] * min(x[index], 0.0)
    np.testing.assert_allclose(grads["weight"], by_hand, rtol=1e-14, atol=1e-15)


def test_prelu_with_a_negative_slope_reads_the_sign_of_its_input() -> None:
    """The output of a negative input is positive there: a mask from y would lose the gradient."""
    op = PReLU()
    (dx,), grads = op.bwd(op.fwd(np.array([-1.0]), weight=np.array([-0.3]))[1], np.array([1.0]))
    np.testing.assert_array_equal(dx, [-0.3])
    np.testing.assert_array_equal(grads["weight"], [-1.0])


def test_prelu_of_the_largest_number_warns_of_nothing() -> None:
    x = np.array([np.finfo(np.float32).max], np.float32)
    np.testing.assert_array_equal(PReLU().fwd(x, weight=np.array([2.0], np.float32))[0], x)


@pytest.mark.parametrize("shape", [(), (3,), (4, 1)])
def test_prelu_refuses_another_last_length(shape) -> None:
    with pytest.raises(ShapeError, match="PReLU expected x of shape") as caught:
        PReLU(4).fwd(np.zeros(shape), weight=np.zeros(4))
    assert caught.value.template in messages.chinese()


def drawn(x, dy, key=KEY, library="numpy"):
    """Output and input gradient of RReLU in training."""
    if library in ("torch", "paddle"):
        found = support.ask(library).ask(
            "run_operator",
            name="RReLU",
            arguments={},
            inputs=[x],
            values={"key": key, "training": True},
            dy=dy,
        )
        return found["y"], found["inputs"][0]
    y, saved = RReLU().fwd(x, key=key, training=True)
    return y, RReLU().bwd(saved, dy)[0][0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rrelu_draws_uniformly_and_backward_draws_the_same(dtype) -> None:
    x = -np.ones((200, 50), dtype)
    y, dx = drawn(x, x)
    np.testing.assert_array_equal(y, dx)
    slopes = -y
    assert slopes.dtype == np.dtype(dtype)
    assert slopes.min() >= np.float32(1 / 8) and slopes.max() <= 1 / 3
    # 10 000 draws: mean and quartiles within five standard errors.
    width = 1 / 3 - 1 / 8
    assert abs(slopes.mean() - (1 / 8 + 1 / 3) / 2) < 5 * width / np.sqrt(12 * slopes.size)
    for share in (0.25, 0.5, 0.75):
        below = np.mean(slopes < 1 / 8 + share * width)
        assert abs(below - share) < 5 * np.sqrt(share * (1 - share) / slopes.size)


def test_rrelu_is_its_definition_in_training() -> None:
    rng = np.random.default_rng(2)
    x, dy = rng.standard_normal((3, 4)), rng.standard_normal((3, 4))
    y, dx = drawn(x, dy)
    values = {"key": KEY, "training": True}
    support.close(y, exact.to_float(exact.evaluate(RReLU(), x, **values)), "float64")
    expected = exact.gradients(RReLU(), dy, x, **values)[0][0]
    support.close(dx, exact.to_float(expected), "float64")


@pytest.mark.parametrize("library", ["torch", "paddle"])
def test_rrelu_draws_the_same_in_every_library(library) -> None:
    rng = np.random.default_rng(3)
    x, dy = (rng.standard_normal((5, 3)).astype(np.float32) for _ in range(2))
    for ours, theirs in zip(drawn(x, dy), drawn(x, dy, library=library), strict=True):
        support.close(theirs, ours, "float32", k=2.0)


def test_rrelu_draws_the_same_when_compiled() -> None:
    rng = np.random.default_rng(3)
    x, dy = (rng.standard_normal((5, 3)).astype(np.float32) for _ in range(2))
    compiled = jax.jit(drawn)(jnp.asarray(x), jnp.asarray(dy), jnp.asarray(KEY))
    for ours, theirs in zip(drawn(x, dy), compiled, strict=True):
        support.close(theirs, ours, "float32", k=2.0)


def test_rrelu_draws_anew_with_another_key_and_not_in_evaluation() -> None:
    x = -np.ones(16)
    assert not np.array_equal(drawn(x, x)[0], drawn(x, x, random.key(8))[0])
    np.testing.assert_allclose(RReLU().fwd(x, key=KEY)[0], -(1 / 8 + 1 / 3) / 2)


def test_rrelu_needs_a_key_in_training() -> None:
    with pytest.raises(UsageError, match="needs a key") as caught:
        RReLU().fwd(np.zeros(2), training=True)
    assert caught.value.template in messages.chinese()
