"""Making the teaching spelling pure.

A learner's class stores on `self` in forward and reads from there in backward. `fwd` runs forward
on a shallow copy whose dict and list attributes are copied one level, and takes the attributes
that appeared or changed as residuals. `bwd` runs backward on another copy with those set; a
`grads` dictionary that it fills becomes the gradients of the parameters. The object itself keeps
nothing, so it can be used twice in one network.

State that is meant to survive (running statistics, a counter) is lost by design, and an array
edited in place is not seen as changed.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.arrays import shape
from backprove.errors import ContractError
from backprove.signature import Signature

CONTAINERS = (dict, list)


def shallow(obj: Any) -> Any:
    """A copy of the object whose dict and list attributes are copied one level."""
    twin = copy.copy(obj)
    for name, value in vars(obj).items():
        if isinstance(value, CONTAINERS):
            object.__setattr__(twin, name, copy.copy(value))
    return twin


def changed(before: Any, after: Any) -> dict[str, Any]:
    """The attributes of `after` that `before` lacks or holds another value of."""
    old = vars(before)
    found = {}
    for name, value in vars(after).items():
        same = name in old and (value is old[name] or _same_items(old[name], value))
        if not same:
            found[name] = value
    return found


def _same_items(a: Any, b: Any) -> bool:
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(a[k] is b[k] for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))
    return False


def fwd(op: Any, inputs: tuple[Any, ...], values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Run a teaching-style forward without touching the object."""
    twin = shallow(op)
    if values:
        twin.params = {**getattr(op, "params", {}), **values}
    before = shallow(twin)
    y = _forward(twin)(*inputs)
    return y, {"attributes": changed(before, twin), "params": values, "inputs": len(inputs)}


def bwd(
    op: Any, saved: dict[str, Any], dy: Any, input_grad: bool = True
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Run a teaching-style backward on a copy that carries the residuals."""
    twin = shallow(op)
    if saved["params"]:
        twin.params = {**getattr(op, "params", {}), **saved["params"]}
    for name, value in saved["attributes"].items():
        object.__setattr__(twin, name, copy.copy(value) if isinstance(value, CONTAINERS) else value)
    result = twin.backward() if starts_the_chain(op) else twin.backward(dy)
    grads = dict(getattr(twin, "grads", None) or {})
    parts = result if isinstance(result, tuple | list) else (result,)
    inputs = tuple(parts)
    if inputs and isinstance(inputs[-1], dict):
        grads.update(inputs[-1])
        inputs = inputs[:-1]
    missing = saved["inputs"] - len(inputs)
    return inputs + (None,) * missing, {k: g for k, g in grads.items() if g is not None}


def _forward(obj: Any) -> Callable[..., Any]:
    found: Callable[..., Any] = obj.forward if hasattr(obj, "forward") else obj
    return found


def call(obj: Any, *inputs: Any) -> Any:
    """Run forward on the object itself, which may store on it."""
    return _forward(obj)(*inputs)


def signature_of(obj: Any) -> Signature:
    """The names of a teaching-style object: its inputs, and the entries of `params`."""
    inputs = [
        p.name
        for p in inspect.signature(_forward(obj)).parameters.values()
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
    ]
    return Signature(
        inputs=tuple(inputs),
        parameters=tuple(params_of(obj)),
        optional=frozenset(params_of(obj)),
        state=(),
        context=(),
        residuals=(),
        skips=False,
        teaching=True,
    )


def params_of(obj: Any) -> dict[str, Any]:
    """The object's `params` dictionary without the entries that are None."""
    found = getattr(obj, "params", None)
    return {k: v for k, v in found.items() if v is not None} if isinstance(found, dict) else {}


def first_value(value: Any) -> tuple[tuple[int, ...], Callable[[Any, Any], Any]]:
    """Shape of a parameter, and an initializer that gives the value the object came with."""
    return shape(value), lambda rng, size: np.array(value)


def starts_the_chain(op: Any) -> bool:
    """Whether backward takes no argument: a loss that begins the backward pass."""
    required = [
        p
        for p in inspect.signature(op.backward).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    return not required


def upstream_name(op: Any) -> str:
    """What the author called the argument of backward; "" if it has none."""
    names = [p.name for p in inspect.signature(op.backward).parameters.values()]
    return names[0] if names else ""


def takes_labels(op: Any) -> bool:
    """Whether backward is the fused kind, `backward(labels)`: the loss is inside the model."""
    return upstream_name(op).lower() in ("labels", "label", "y_true", "targets", "target")


def is_operator(obj: Any) -> bool:
    """Whether an object can be lifted: it has a forward (or is callable) and a backward."""
    return callable(getattr(obj, "backward", None)) and (
        callable(getattr(obj, "forward", None)) or callable(obj)
    )


def require_operator(obj: Any) -> None:
    """Raise ContractError unless the object can be lifted."""
    if not is_operator(obj):
        raise ContractError(
            "expected an object with forward and backward, found {found}: "
            "write both methods (a class that inherits from Op is not needed)",
            found=type(obj).__name__,
        )
