"""Every operator inside JAX: value, gradient, jit, vmap, second derivative."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import bridge_table
import support
from backprove.bridge.jax import to_jax
from backprove.ops import operators
from bridge_table import near

CASES = support.every_case()


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def output(point, function, z):
    """y alone, at z."""
    inputs, values = point.placed(z, jnp.reshape)
    found = function(*inputs, **values)
    return found[0] if isinstance(found, tuple) else found


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_value_gradient_hessian_and_vmap_compiled(cls, case) -> None:
    point = bridge_table.Point(cls, case)
    function = to_jax(point.op)
    many = np.stack([0.9 * point.z, 0.83 * point.z])

    def objective(z):
        y = output(point, function, z)
        return jnp.sum(point.dy * y), y

    @jax.jit
    def everything(z, many):
        first = jax.grad(objective, has_aux=True)
        dz, push, y = jax.linearize(first, z, has_aux=True)
        return y, dz, jax.vmap(push)(jnp.eye(z.size)), jax.vmap(first)(many)[0]

    y, dz, second, mapped = everything(point.z, many)
    near(y, point.value(point.z))
    near(dz, point.gradient(point.z))
    near(second, point.second(), 1e-7)
    for one, z in zip(mapped, many, strict=True):
        near(one, point.gradient(z))


@pytest.mark.parametrize("cls", operators().values(), ids=operators().keys())
def test_value_and_gradient_not_compiled(cls) -> None:
    point = bridge_table.Point(cls, cls.CASES[0])
    function = to_jax(point.op)
    y, pull_back = jax.vjp(lambda z: output(point, function, z), jnp.asarray(point.z))
    near(y, point.value(point.z))
    near(pull_back(jnp.asarray(point.dy))[0], point.gradient(point.z))
