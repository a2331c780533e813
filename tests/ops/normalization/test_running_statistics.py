"""The running statistics of BatchNorm1D, beside Paddle's and PyTorch's over several steps."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import support
from backprove.errors import ShapeError
from backprove.ops import BatchNorm1D

STEPS = 5
TORCH = (
    "(lambda m: ([m(b) for b in x], torch.stack([m.running_mean, m.running_var]))[1])"
    "(nn.BatchNorm1d(3, momentum=weight).double())"
)
PADDLE = (
    "(lambda m: ([m(b) for b in x], paddle.stack([m._mean, m._variance]))[1])"
    "(nn.BatchNorm1D(3, momentum=weight, data_format='NC' if x.ndim == 3 else 'NCL'))"
)


def batches(*shape: int):
    rng = np.random.default_rng(7)
    return 4.0 + np.array([0.1, 1.0, 9.0])[:, None].reshape(3, *(1,) * (len(shape) - 2)) * (
        rng.standard_normal((STEPS, *shape))
    )


def run(op: BatchNorm1D, x, dtype: str = "float64"):
    """The values of the operator after a training step on each batch."""
    values = op.init(dtype=dtype)
    for batch in x.astype(dtype):
        _, saved = op.fwd(batch, **values, training=True)
        values |= op.new_state(saved)
    return values


@pytest.mark.parametrize("momentum", [0.9, 0.5, 0.0, 1.0])
@pytest.mark.parametrize("shape", [(8, 3), (4, 3, 6)])
def test_as_paddle_over_several_steps(shape, momentum) -> None:
    x = batches(*shape).astype(np.float32)
    found = support.ask("paddle").evaluate(PADDLE, {"x": x}, {"weight": momentum})["y"]
    ours = run(BatchNorm1D(3, momentum=momentum), x, "float32")
    np.testing.assert_allclose(ours["running_mean"], found[0], rtol=1e-6)
    np.testing.assert_allclose(ours["running_var"], found[1], rtol=3e-6)


@pytest.mark.parametrize("momentum", [0.9, 0.5, 0.0])
@pytest.mark.parametrize("shape", [(8, 3), (4, 3, 6)])
def test_as_pytorch_with_the_other_momentum_and_unbiased_variance(shape, momentum) -> None:
    x = batches(*shape)
    found = support.ask("torch").evaluate(TORCH, {"x": x}, {"weight": 1 - momentum})["y"]
    ours = run(BatchNorm1D(3, momentum=momentum), x)
    np.testing.assert_allclose(ours["running_mean"], found[0], rtol=1e-12)
    m = x[0].size // 3
    first = momentum**STEPS
    unbiased = first + (ours["running_var"] - first) * m / (m - 1)
    np.testing.assert_allclose(unbiased, found[1], rtol=1e-12)


def test_they_are_the_weighted_mean_of_the_batches() -> None:
    x = batches(8, 3)
    weights = [0.1 * 0.9**k for k in reversed(range(STEPS))]
    ours = run(BatchNorm1D(3), x)
    mean = sum(w * b.mean(0) for w, b in zip(weights, x, strict=True))
    var = 0.9**STEPS + sum(w * b.var(0) for w, b in zip(weights, x, strict=True))
    np.testing.assert_allclose(ours["running_mean"], mean, rtol=1e-13)
    np.testing.assert_allclose(ours["running_var"], var, rtol=1e-13)


def test_evaluation_uses_and_keeps_them() -> None:
    op, x = BatchNorm1D(3, epsilon=1e-5), batches(8, 3)
    values = run(op, x) | {"weight": np.array([1.0, 2.0, 3.0]), "bias": np.array([0.0, 1.0, -1.0])}
    y, saved = op.fwd(x[0], **values)
    expected = (x[0] - values["running_mean"]) / np.sqrt(values["running_var"] + 1e-5)
    np.testing.assert_allclose(y, expected * values["weight"] + values["bias"], rtol=1e-13)
    for name, value in op.new_state(saved).items():
        np.testing.assert_array_equal(value, values[name])
    alone, _ = op.fwd(x[0][:1], **values)
    np.testing.assert_array_equal(alone, y[:1])


def test_evaluation_of_a_large_mean_keeps_its_digits() -> None:
    op = BatchNorm1D(1, epsilon=1e-5)
    x = np.array([[1e6], [1e6 + 0.5]], dtype=np.float32)
    mean, var = np.array([1e6], dtype=np.float32), np.array([0.25], dtype=np.float32)
    y, _ = op.fwd(x, **op.init() | {"running_mean": mean, "running_var": var})
    np.testing.assert_allclose(y, [[0.0], [0.5 / np.sqrt(0.25001)]], rtol=3e-7)


@pytest.mark.parametrize("shape", [(1, 3), (1, 3, 1)])
def test_training_on_one_value_per_feature_is_refused(shape) -> None:
    op, x = BatchNorm1D(3), np.ones(shape)
    with pytest.raises(ShapeError, match="two or more values per feature"):
        op.fwd(x, **op.init(dtype="float64"), training=True)
    assert op.fwd(x, **op.init(dtype="float64"))[0].shape == shape


def test_one_sample_with_a_length_is_enough() -> None:
    op, x = BatchNorm1D(2, affine=False), np.arange(6.0).reshape(1, 2, 3)
    y, _ = op.fwd(x, **op.init(dtype="float64"), training=True)
    np.testing.assert_allclose(y.mean((0, 2)), 0.0, atol=1e-15)


def test_half_precision_data_leave_float32_statistics_as_they_are() -> None:
    op = BatchNorm1D(2)
    values = op.init(dtype="float16")
    assert values["weight"].dtype == np.float16
    assert values["running_var"].dtype == np.float32
    x = np.array([[60000.0, 1.0], [-60000.0, 3.0]], dtype=np.float16)
    y, saved = op.fwd(x, **values, training=True)
    new = op.new_state(saved)
    assert y.dtype == np.float16
    assert {v.dtype for v in new.values()} == {np.dtype(np.float32)}
    np.testing.assert_allclose(new["running_var"], [0.9 + 0.1 * 59999.99**2, 1.0], rtol=1e-3)
    np.testing.assert_allclose(np.asarray(y, dtype=np.float32), [[1, -1], [-1, 1]], rtol=1e-3)


def test_statistics_keep_their_dtype_beside_wider_data() -> None:
    op = BatchNorm1D(3)
    _, saved = op.fwd(batches(8, 3)[0], **op.init(dtype="float32"), training=True)
    assert {v.dtype for v in op.new_state(saved).values()} == {np.dtype(np.float32)}


def test_compiled_steps_give_the_same_statistics() -> None:
    op, x = BatchNorm1D(3), batches(8, 3).astype(np.float32)

    @jax.jit
    def step(values, batch):
        _, saved = op.fwd(batch, **values, training=True)
        return values | op.new_state(saved)

    values = op.init()
    for batch in x:
        values = step(values, batch)
    for name, expected in run(op, x, "float32").items():
        np.testing.assert_allclose(values[name], expected, rtol=1e-5)


def test_the_facade_moves_them_in_training_only() -> None:
    op, x = BatchNorm1D(3), batches(8, 3)[0]
    op(x)
    np.testing.assert_array_equal(op._values["running_mean"], np.zeros(3))
    op(x, training=True)
    np.testing.assert_allclose(op._values["running_mean"], 0.1 * x.mean(0), rtol=1e-6)
    dx, grads = op.backward(np.ones((8, 3)))
    np.testing.assert_allclose(dx, 0.0, atol=1e-12)
    assert grads.keys() == {"weight", "bias"}
