"""Where a learner's backward leaves its gradients, and how they are gathered."""

from __future__ import annotations

from typing import Any

from backprove._copies import join, nested
from backprove.arrays import library, namespace
from backprove.arrays import shape as shape_of
from backprove.counts import elements
from backprove.errors import ContractError, UsageError


def own(part: Any) -> dict[str, Any]:
    """The `params` dictionary without the entries that are None; empty if there is none."""
    found = getattr(part, "params", None)
    return {k: v for k, v in found.items() if v is not None} if isinstance(found, dict) else {}


def clear(parts: dict[str, Any]) -> None:
    """Set what earlier calls left in the `grads` dictionaries to zero."""
    for part in parts.values():
        grads = getattr(part, "grads", None)
        if isinstance(grads, dict):
            part.grads = {k: _zero(g) for k, g in grads.items()}


def _zero(value: Any) -> Any:
    if library(value) is not None:
        return namespace(value).zeros_like(value)
    return type(value)(0) if isinstance(value, int | float) else value


def intercept(loss: Any, parts: dict[str, Any], stored: dict[str, Any]) -> list[Any]:
    """Let the models that a loss holds note the gradient that it hands on to them.

    They and what they hold leave `parts`. Operators that stored something while the loss ran
    forward are parts of the loss and run.
    """
    handed_on: list[Any] = []
    for name, held in list(vars(loss).items()):
        inside = [path for path in parts if path == name or path.startswith(f"{name}.")]
        if nested(held) and not any(path in stored for path in inside):
            object.__setattr__(held, "backward", handed_on.append)
            for path in inside:
                del parts[path]
    return handed_on


def of_chain(loss: Any, result: Any, handed_on: list[Any], dy: Any) -> Any:
    """The gradient of a loss whose backward takes nothing: returned, or handed on to its model."""
    if result is None and len(handed_on) != 1:
        raise ContractError(
            "{cls}.backward() handed {found} gradients on to the model it holds and returned none: "
            "call self.model.backward(gradient) once, or return the gradient",
            cls=type(loss).__name__,
            found=len(handed_on),
        )
    found = handed_on[0] if result is None else result
    if dy is None or not library(dy):
        return found
    if elements(shape_of(dy)) != 1:
        raise UsageError(
            "{cls}.backward() starts the chain, so its upstream gradient is one number, "
            "found an array of shape {found}",
            cls=type(loss).__name__,
            found=shape_of(dy),
        )
    factor = namespace(dy).reshape(dy, ())
    parts = found if isinstance(found, tuple | list) else (found,)
    return tuple(g if library(g) is None else g * factor for g in parts)


def collect(
    op: Any, parts: dict[str, Any], result: Any, count: int
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """(gradients of the inputs, gradients of the parameters by name) after a backward.

    The parameters' gradients are those in the `grads` dictionaries, or in a dictionary that was
    returned last. One that has its parameter's shape but for axes of length 1 is given that shape.
    """
    inputs = tuple(result) if isinstance(result, tuple | list) else (result,)
    returned: dict[str, Any] = {}
    if inputs and isinstance(inputs[-1], dict):
        inputs, returned = inputs[:-1], inputs[-1]
    if len(inputs) > count:
        raise ContractError(
            "{cls}.backward returned {found} gradients for {count} inputs: put the parameters' "
            "gradients into self.grads, or return them in a dictionary as the last",
            cls=type(op).__name__,
            found=len(inputs),
            count=count,
        )
    found: dict[str, Any] = {}
    for path, part in parts.items():
        params, grads = own(part), getattr(part, "grads", None)
        given = {**(grads if isinstance(grads, dict) and params else {})}
        given.update(returned if path == "" else {})
        found |= {join(path, k): fitted(g, params.get(k)) for k, g in given.items()}
    inputs += (None,) * (count - len(inputs))
    return inputs, {k: g for k, g in found.items() if g is not None}


def fitted(gradient: Any, param: Any) -> Any:
    """The gradient in its parameter's shape, if they differ by axes of length 1 only."""
    if library(gradient) is None or library(param) is None:
        return gradient
    found, wanted = shape_of(gradient), shape_of(param)
    same = [n for n in found if n != 1] == [n for n in wanted if n != 1]
    return namespace(gradient).reshape(gradient, wanted) if same and found != wanted else gradient
