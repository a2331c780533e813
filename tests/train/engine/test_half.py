"""Linear layers in bfloat16: what is rounded, what is not, and which layers are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from backprove import LeakyReLU, Linear, Sequential
from backprove.arrays import cast
from backprove.train.engine.half import SMALLEST, HalfProduct, half_names, with_half_products


def rounded(x: np.ndarray) -> np.ndarray:
    return np.asarray(cast(cast(x, "bfloat16"), "float32"))


@pytest.fixture
def arrays() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    shapes = (5, 128), (128, 130), (130,), (5, 130)
    return tuple(rng.standard_normal(shape, dtype=np.float32) for shape in shapes)


def test_the_answer_is_the_product_of_rounded_operands_plus_the_whole_bias(arrays) -> None:
    x, weight, bias, _ = arrays
    y, _ = HalfProduct(Linear(128, 130)).fwd(x, weight=weight, bias=bias)
    product = rounded(x).astype(np.float64) @ rounded(weight)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y - bias, product, rtol=2**-8, atol=2**-18)
    assert not np.array_equal(y, rounded(y))


def test_gradients_are_those_of_rounded_operands_and_the_biases_is_whole(arrays) -> None:
    x, weight, bias, dy = arrays
    op = HalfProduct(Linear(128, 130))
    (dx,), grads = op.bwd(op.fwd(x, weight=weight, bias=bias)[1], dy)
    exact = rounded(x).T.astype(np.float64) @ rounded(dy)
    np.testing.assert_allclose(grads["weight"], exact, rtol=2**-8, atol=2**-18)
    exact = rounded(dy).astype(np.float64) @ rounded(weight).T
    np.testing.assert_allclose(dx, exact, rtol=2**-8, atol=2**-18)
    np.testing.assert_allclose(grads["bias"], dy.astype(np.float64).sum(0), rtol=1e-5)
    assert {a.dtype for a in (dx, *grads.values())} == {np.dtype(np.float32)}


def test_without_a_bias_there_is_no_gradient_of_one(arrays) -> None:
    x, weight, _, dy = arrays
    op = HalfProduct(Linear(128, 130, bias=False))
    (dx,), grads = op.bwd(op.fwd(x, weight=weight)[1], dy, input_grad=False)
    assert dx is None
    assert list(grads) == ["weight"]


def test_only_large_layers_are_rounded() -> None:
    net = Sequential(Linear(64, SMALLEST // 64), LeakyReLU(), Linear(SMALLEST // 64, 10))
    twin = with_half_products(net)
    assert half_names(twin) == [f"{next(iter(net.parts))}.weight"]
    assert twin.parameters().keys() == net.parameters().keys()
    assert not half_names(net)
