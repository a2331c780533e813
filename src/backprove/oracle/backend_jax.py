"""JAX as a reference, with 64-bit floats. Runs in a process of its own."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from backprove.oracle.many import answers

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]


def version() -> dict[str, Any]:
    """The version of the library."""
    return {"version": str(jax.__version__)}


def evaluate(
    expression: str,
    arrays: dict[str, Any],
    constants: dict[str, Any],
    dy: Any = None,
    wanted: list[str] | None = None,
) -> dict[str, Any]:
    """Value and gradients of an expression over jax, jnp, nn (jax.nn), lax and the names given.

    Gradients are those of the floating arrays, or of the `wanted` ones.
    """
    scope = {name: None if x is None else jnp.asarray(x) for name, x in arrays.items()}
    floating = {
        k: x
        for k, x in scope.items()
        if x is not None
        and jnp.issubdtype(x.dtype, jnp.floating)
        and (wanted is None or k in wanted)
    }

    def function(leaves: dict[str, Any]) -> Any:
        return eval(expression, {**names(), **constants, **scope, **leaves})

    if dy is None:
        return {"y": np.asarray(function(floating))}
    y, pull_back = jax.vjp(function, floating)
    (gradients,) = pull_back(jnp.asarray(dy, dtype=y.dtype).reshape(y.shape))
    dtypes = {k: str(x.dtype) for k, x in {"y": y, **gradients}.items()}
    found = {k: np.asarray(g) for k, g in gradients.items()}
    return {"y": np.asarray(y), "gradients": found, "dtypes": dtypes}


def names() -> dict[str, Any]:
    """What an expression may name beside arrays and constants."""
    return {"jax": jax, "jnp": jnp, "nn": jax.nn, "lax": jax.lax, "np": np}


def tensor(x: Any) -> Any:
    """A JAX array."""
    return jnp.asarray(x)


def array(x: Any) -> Any:
    """The NumPy array of a JAX array."""
    return np.asarray(x)


def evaluate_all(requests: list[dict[str, Any]], times: int = 1) -> dict[str, Any]:
    """Several questions at once; the words of a refusal in the place of an answer."""
    return {"answers": answers(evaluate, requests, times)}
