"""JAX arrays; 64-bit floats are turned on by `start`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from backprove.targets.adapters import numpy as base

version = str(jax.__version__)
seed = base.seed


def start() -> None:
    """Give this process 64-bit floats."""
    jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]


def place(x: Any, layout: str = "plain") -> Any:
    """A JAX array. JAX has one memory layout."""
    return jnp.array(np.asarray(x))


def plain(x: Any) -> Any:
    """The NumPy array, bfloat16 included."""
    return np.array(x)


def shares(a: Any, b: Any) -> bool:
    """JAX arrays cannot be written into, so it does not matter."""
    return base.shares(a, b)


def value_and_pull(
    call: Callable[[dict[str, Any]], Any], arrays: dict[str, Any], wanted: Any
) -> tuple[Any, Callable[[Any], dict[str, Any]]]:
    """The value, and what gives the gradients of the wanted floating arrays."""
    leaves = {
        k: x for k, x in arrays.items() if k in wanted and jnp.issubdtype(x.dtype, jnp.floating)
    }
    y, back = jax.vjp(lambda floating: call({**arrays, **floating}), leaves)

    def pull(dy: Any) -> dict[str, Any]:
        return dict(back(dy.astype(y.dtype))[0])

    return y, pull
