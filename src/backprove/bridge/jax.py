"""An operator as a function of JAX arrays, by way of jax.custom_vjp."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from backprove.bridge._call import Call, bridged, prepared
from backprove.bridge._residuals import Frame


def is_array(x: Any) -> bool:
    """Whether x is an array of JAX or NumPy."""
    return isinstance(x, jax.Array | np.ndarray | np.generic)


@jax.tree_util.register_pytree_node_class
class Residuals:
    """What backward needs as a tree: arrays are its leaves, everything else auxiliary data."""

    def __init__(self, arrays: Any, static: Any) -> None:
        self.arrays, self.static = arrays, static

    def tree_flatten(self) -> tuple[Any, Any]:
        return self.arrays, self.static

    @classmethod
    def tree_unflatten(cls, static: Any, arrays: Any) -> Residuals:
        return cls(arrays, static)


def differentiable(call: Call) -> Callable[..., Any]:
    """The custom_vjp function of the arrays of one call: (y, new running statistics)."""

    @jax.custom_vjp
    def function(*arrays: Any) -> Any:
        y, new, _ = call.run(arrays)
        return y, new

    def forward(*arrays: Any) -> Any:
        y, new, saved = call.run([x.value for x in arrays])
        frame = Frame(saved, is_array)
        return (y, new), Residuals(frame.taken(), (frame, tuple(x.perturbed for x in arrays)))

    def backward(residuals: Residuals, cotangents: Any) -> tuple[Any, ...]:
        frame, perturbed = residuals.static
        dy, floats = cotangents[0], [jnp.issubdtype(d, jnp.inexact) for _, d in call.kinds]
        if isinstance(dy, SymbolicZero):
            dy = jnp.zeros(dy.shape, dy.dtype)
        needed = [p and f for p, f in zip(perturbed, floats, strict=True)]
        found = call.gradients(frame.restored(residuals.arrays), dy, needed)
        pairs = zip(found, call.kinds, floats, strict=True)
        return tuple(
            (np.zeros(s, d if f else jax.dtypes.float0) if g is None else g)
            for g, (s, d), f in pairs
        )

    function.defvjp(forward, backward, symbolic_zeros=True)
    return function


def to_jax(op: Any) -> Callable[..., Any]:
    """The operator as a function of JAX arrays whose gradient is its own backward.

        silu = to_jax(SiLU())
        jax.grad(lambda x: silu(x).sum())(x)                     # ours; jit, vmap, hessian too
        y = to_jax(Linear(3, 2))(x, weight=weight, bias=bias)

    Its own parameters come by name; a lifted object brings its `params` along. An operator with
    running statistics gives `(y, new)`, with the new ones by name and without gradient.

    Whole numbers get the gradient float0. Second derivatives come from differentiating `forward`
    and `backward`, and are right whatever backward needs. Forward mode (jax.jvp) is refused by
    JAX, as for every custom_vjp; jax.hessian works. ContractError is raised if the operator gives
    no gradient for an array that needs one, or one of another shape.
    """
    operator = bridged(op)

    def function(*inputs: Any, **values: Any) -> Any:
        inputs = tuple(jnp.asarray(x) if is_array(x) else x for x in inputs)
        values = {k: jnp.asarray(v) if is_array(v) else v for k, v in values.items()}
        call, arrays = prepared(operator, inputs, values, is_array)
        y, new = differentiable(call)(*arrays)
        return (y, jax.lax.stop_gradient(new)) if operator.signature.state else y

    return function
