"""Lifted objects in networks, compiled by JAX, and with tensors of the frameworks inside."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import course_style
import support
from backprove.lifted import Lifted
from backprove.net import Sequential
from backprove.ops import Tanh
from gradient_check import check_operator
from learners import (
    COURSE,
    LABELS,
    RNG,
    X,
    linear,
)


def test_lifted_layers_in_a_network_match_differences() -> None:
    check_operator(Sequential(linear(3, 4), COURSE.Logistic(), Tanh(), linear(4, 2)), X)


def test_one_lifted_object_twice_in_a_network_shares_its_parameters() -> None:
    layer = linear(3, 3)
    net = Sequential(layer, Tanh(), layer, COURSE.Logistic(), layer)
    assert list(net.parameters()) == ["0.W", "0.b"]
    check_operator(net, X)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_network_with_lifted_layers_trains(compiled) -> None:
    made = course_style.classes(jnp if compiled else np)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 2)).astype(np.float32)
    target = (x[:, :1] * x[:, 1:] > 0).astype(np.float32)
    first = made.Linear(rng.standard_normal((2, 16)), np.zeros((1, 16)))
    second = made.Linear(rng.standard_normal((16, 1)), np.zeros(1))
    net = Sequential(first, made.Logistic(), second, made.Logistic())

    def step(values):
        y, saved = net.fwd(x, **values)
        _, grads = net.bwd(saved, 2 * (y - target) / len(x), input_grad=False)
        return {k: v - 3.0 * grads[k] for k, v in values.items()}, ((y - target) ** 2).mean()

    run = jax.jit(step) if compiled else step
    values, losses = net.init(), []
    for _ in range(300):
        values, loss = run(values)
        losses.append(float(loss))
    assert losses[-1] < 0.3 * losses[0]
    assert {k: np.shape(v) for k, v in values.items()} == {
        k: p.shape for k, p in net.parameters().items()
    }


def as_function(op):
    """The operator as a function that JAX differentiates by `op.bwd`."""
    static = {}

    @jax.custom_vjp
    def function(x, params):
        return op.fwd(x, **params)[0]

    def forward(x, params):
        y, saved = op.fwd(x, **params)
        leaves, static["tree"] = jax.tree.flatten(saved)
        arrays = [isinstance(leaf, jax.Array) for leaf in leaves]
        static["leaves"] = [None if a else v for a, v in zip(arrays, leaves, strict=True)]
        static["arrays"] = arrays
        return y, [v for a, v in zip(arrays, leaves, strict=True) if a]

    def backward(kept, dy):
        kept = iter(kept)
        marked = zip(static["arrays"], static["leaves"], strict=True)
        leaves = [next(kept) if array else leaf for array, leaf in marked]
        (dx,), grads = op.bwd(jax.tree.unflatten(static["tree"], leaves), dy)
        return dx, grads

    function.defvjp(forward, backward)
    return function


@pytest.mark.parametrize("jit", [False, True])
def test_jax_differentiates_through_a_lifted_object(jit) -> None:
    made = course_style.classes(jnp)
    lifted = [Lifted(made.Linear(jnp.ones((3, 2)), jnp.zeros((1, 2)))), Lifted(made.Logistic())]
    layer, logistic = (as_function(op) for op in lifted)
    params = {"W": jnp.asarray(RNG.standard_normal((3, 2)), jnp.float32), "b": jnp.ones((1, 2))}
    x = jnp.asarray(X, jnp.float32)

    def ours(x, params):
        return jnp.sum(logistic(layer(logistic(x, {}), params), {}) ** 2)

    def theirs(x, params):
        return jnp.sum(jax.nn.sigmoid(jax.nn.sigmoid(x) @ params["W"] + params["b"]) ** 2)

    grad = jax.grad(ours, argnums=(0, 1))
    found = (jax.jit(grad) if jit else grad)(x, params)
    expected = jax.grad(theirs, argnums=(0, 1))(x, params)
    for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-6)
    assert lifted[0].target.inputs is None


@pytest.mark.parametrize("library", ["torch", "paddle", "jax"])
def test_tensors_of_the_frameworks_inside(library) -> None:
    rng = np.random.default_rng(8)
    arrays = {"x": X, "labels": LABELS, "w1": rng.standard_normal((3, 4)), "b1": np.zeros((1, 4))}
    arrays |= {"w2": rng.standard_normal((4, 1)), "b2": np.zeros(1)}
    arrays |= {"w3": rng.standard_normal((3, 1)), "b3": np.zeros(1)}
    module = {"jax": "jnp"}.get(library, library)
    found = support.ask(library).evaluate(
        f"__import__('runpy').run_path(path)['all_gradients']({module}, {', '.join(arrays)})",
        arrays,
        {"path": course_style.__file__},
    )["y"]
    expected = course_style.all_gradients(np, *arrays.values())
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-14)
