"""Differentiating twice: a framework's own derivative of what a backward gave it.

Runs in the process of that framework. For gradients dx of an upstream gradient dy and a direction
v, the answer is the gradient of sum(v * dx) by every leaf and by dy.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.errors import UsageError
from backprove.ops import operator as built
from backprove.oracle.many import answers

Function = Callable[[dict[str, Any]], Any]


def twice(
    library: str, function: Function, leaves: dict[str, Any], dy: Any, along: dict[str, Any]
) -> dict[str, Any]:
    """By the name of each leaf, and as "dy", what the framework gives; None for no dependence.

    Raises UsageError where the first gradients do not follow what they were computed from.
    """
    work = _jax if library == "jax" else _tensors
    return work(library, function, leaves, dy, along)


def _tensors(
    library: str, function: Function, leaves: dict[str, Any], dy: Any, along: dict[str, Any]
) -> dict[str, Any]:
    module: Any = importlib.import_module(library)
    grad = getattr(module, "grad", None) or module.autograd.grad
    by = [*leaves.values(), dy]
    for leaf in by:
        if leaf.is_leaf:
            leaf.stop_gradient = False
            leaf.requires_grad = True
    given = dy.reshape(tuple((y := function(leaves)).shape))
    first = grad([y], by[:-1], [given], create_graph=True, allow_unused=True)
    parts = [(along[k] * g).sum() for k, g in zip(leaves, first, strict=True) if g is not None]
    total = sum(parts[1:], parts[0]) if parts else y.detach()
    again: Any = [None]
    if total.requires_grad if library == "torch" else not total.stop_gradient:
        again = grad([total], by, [module.ones_like(total)], create_graph=False, allow_unused=True)
    if all(g is None for g in again):
        raise UsageError(
            "the gradients do not follow what they were computed from: they cannot be "
            "differentiated again"
        )
    return dict(zip([*leaves, "dy"], again, strict=True))


def _jax(
    library: str, function: Function, leaves: dict[str, Any], dy: Any, along: dict[str, Any]
) -> dict[str, Any]:
    import jax

    def pulled(leaves: dict[str, Any], dy: Any) -> Any:
        y, pull = jax.vjp(function, leaves)
        return pull(dy.reshape(y.shape))[0]

    def again(leaves: dict[str, Any], dy: Any, along: dict[str, Any]) -> Any:
        return jax.vjp(pulled, leaves, dy)[1](along)

    by_leaves, by_dy = jax.jit(again)(leaves, dy, {k: along[k] for k in leaves})
    return {**by_leaves, "dy": by_dy}


def operator(
    library: str, name: str, arguments: dict[str, Any], given: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """One of our operators behind the bridge to this library; `given` are inputs and values."""
    op = built(name, **arguments)
    bridge: Any = importlib.import_module(f"backprove.bridge.{library}")
    bridged = getattr(bridge, f"to_{library}")(op)

    def call(scope: dict[str, Any]) -> Any:
        inputs = [scope[k] for k in op.signature.inputs]
        y = bridged(*inputs, **{k: v for k, v in scope.items() if k not in op.signature.inputs})
        return y[0] if isinstance(y, tuple) else y

    return _answer(library, call, given, **more)


def expression(
    library: str, expression: str, given: dict[str, Any], constants: dict[str, Any], **more: Any
) -> dict[str, Any]:
    """An expression over the library's functions; see `evaluate` of its backend."""
    names = _backend(library).names()

    def call(scope: dict[str, Any]) -> Any:
        return eval(expression, {**names, **constants, **scope})

    return _answer(library, call, given, **more)


def _answer(
    library: str, call: Function, given: dict[str, Any], dy: Any, along: dict[str, Any]
) -> dict[str, Any]:
    """The second derivatives as arrays by name. The leaves are those that have a direction."""
    tensor = _backend(library).tensor
    scope = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in given.items()}
    leaves = {k: scope[k] for k in along}
    directions = {k: tensor(v) for k, v in along.items()}
    found = twice(library, lambda now: call({**scope, **now}), leaves, tensor(dy), directions)
    return {"gradients": _arrays(library, found, {**leaves, "dy": dy})}


def _arrays(library: str, found: dict[str, Any], like: dict[str, Any]) -> dict[str, Any]:
    array = _backend(library).array
    return {k: np.zeros(tuple(like[k].shape)) if g is None else array(g) for k, g in found.items()}


def _backend(library: str) -> Any:
    return importlib.import_module(f"backprove.oracle.backend_{library}")


def many(library: str, what: str, requests: list[dict[str, Any]]) -> dict[str, Any]:
    """Several questions to `operator` or `expression` at once; see `oracle.many`."""
    ask: Callable[..., Any] = operator if what == "operator" else expression
    return {"answers": answers(ask, [{"library": library, **r} for r in requests])}
