"""Making the teaching spelling pure.

A learner's class stores on `self` in forward and reads from there in backward. `fwd` runs forward
on a copy of the object and of the operators it holds (a model and its layers), and takes the
attributes that appeared or changed as residuals. `bwd` runs backward on another copy with those
set; the `grads` dictionaries that it fills become the gradients of the parameters. The object
itself keeps nothing, so it can be used twice in one network.

backward begins in one of three ways (`protocol`):

    "upstream"  backward(grads)    the gradient for the output comes in
    "labels"    backward(labels)   the loss is inside the model
    "chain"     backward()         a loss; it hands the gradient on to the model that it holds

Limits. State that is meant to survive (a counter, running statistics) is lost by design. An array
edited in place is not seen as changed. A random generator that the object holds is shared. The
learner's own formulas run as they are written, also in half precision.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove import _copies, _gradients
from backprove._copies import clone, is_operator, join, operators_in
from backprove.arrays import shape
from backprove.errors import ContractError, UsageError
from backprove.signature import CONTEXT, INPUT_GRAD, Signature, parameters_of

PROTOCOLS = ("upstream", "labels", "chain")
LABELS = ("labels", "label", "y_true", "true_labels", "targets", "target")

__all__ = ["PROTOCOLS", "bwd", "fwd", "is_operator", "params_of", "protocol", "signature_of"]


def fwd(op: Any, inputs: tuple[Any, ...], values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Run a teaching-style forward without touching the object."""
    context = {k: values[k] for k in _context(op) if k in values}
    params = {k: v for k, v in values.items() if k not in CONTEXT}
    twin = clone(op)
    _set_params(twin, params)
    parts = operators_in(twin)
    before = {path: _copies.snapshot(vars(part)) for path, part in parts.items()}
    y = _forward(twin)(*inputs, **context)
    if y is None:
        raise ContractError(
            "{cls}.forward returned nothing: return the output", cls=type(op).__name__
        )
    stored = {path: _copies.changed(before[path], vars(part)) for path, part in parts.items()}
    attributes = {path: found for path, found in stored.items() if found}
    return y, {"attributes": attributes, "params": params, "inputs": len(inputs)}


def bwd(
    op: Any, saved: dict[str, Any], dy: Any, input_grad: bool = True, kind: str = ""
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Run a teaching-style backward on a copy that carries the residuals.

    `dy` is what backward begins with: the upstream gradient, or the labels. A loss that starts the
    chain is given nothing; its gradient is multiplied by dy, a single number, if there is one.
    """
    twin = clone(op)
    _set_params(twin, saved["params"])
    parts = operators_in(twin)
    for path, stored in saved["attributes"].items():
        for name, value in stored.items():
            object.__setattr__(parts[path], name, clone(value))
    _gradients.clear(parts)
    if (kind or protocol(op)) == "chain":
        handed_on = _gradients.intercept(twin, parts, saved["attributes"])
        result = _gradients.of_chain(twin, _run_backward(twin), handed_on, dy)
    else:
        result = _run_backward(twin, dy)
    return _gradients.collect(twin, parts, result, saved["inputs"])


def protocol(obj: Any) -> str:
    """What the object's backward begins with: "upstream", "labels" or "chain"."""
    name = upstream_name(obj)
    return "chain" if not name else "labels" if name.lower() in LABELS else "upstream"


def upstream_name(obj: Any) -> str:
    """What the author called the argument of backward; "" if it has none.

    Raises ContractError if it has several that are needed.
    """
    found = [
        p for p in parameters_of(obj.backward) if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)
    ]
    needed = [p.name for p in found if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    if len(needed) > 1:
        raise ContractError(
            "{cls}.backward needs {names}, expected one argument: the gradient for the output, "
            "the labels, or none",
            cls=type(obj).__name__,
            names=", ".join(needed),
        )
    return found[0].name if found else ""


def signature_of(obj: Any, kind: str = "upstream") -> Signature:
    """The names of a teaching-style object: its inputs, and the entries of `params`."""
    inputs = [
        p.name
        for p in parameters_of(_forward(obj))
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        and p.default is p.empty
        and p.name not in CONTEXT
    ]
    params = tuple(params_of(obj, kind))
    return Signature(
        inputs=tuple(inputs),
        parameters=params,
        optional=frozenset(params),
        state=(),
        context=_context(obj),
        residuals=(),
        skips=False,
        teaching=True,
    )


def most_inputs(obj: Any) -> float:
    """How many inputs forward takes at most."""
    found = [p for p in parameters_of(_forward(obj)) if p.name not in CONTEXT]
    if any(p.kind is p.VAR_POSITIONAL for p in found):
        return float("inf")
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in found)


def _context(obj: Any) -> tuple[str, ...]:
    return tuple(p.name for p in parameters_of(_forward(obj)) if p.name in CONTEXT)


def _forward(obj: Any) -> Callable[..., Any]:
    found: Callable[..., Any] = obj.forward if hasattr(obj, "forward") else obj
    return found


def library_spelling(obj: Any) -> bool:
    """Whether backward names residuals, as the library spelling does."""
    return any(
        p.kind is p.KEYWORD_ONLY and p.default is p.empty and p.name != INPUT_GRAD
        for p in parameters_of(obj.backward)
    )


def params_of(obj: Any, kind: str = "upstream") -> dict[str, Any]:
    """The entries of `params`, those of the operators it holds under dotted names.

    A loss that starts the chain holds a model whose parameters are not its own.
    """
    parts = {"": obj} if kind == "chain" else operators_in(obj)
    return {
        join(path, k): v for path, part in parts.items() for k, v in _gradients.own(part).items()
    }


def _set_params(twin: Any, values: dict[str, Any]) -> None:
    """Put other values into `params`, and into attributes that hold the same array."""
    for path, part in operators_in(twin).items() if values else ():
        own = _gradients.own(part)
        new = {k: values[join(path, k)] for k in own if join(path, k) in values}
        if not new:
            continue
        part.params = {**part.params, **new}
        for k, v in new.items():
            for name in [n for n, held in vars(part).items() if held is own[k]]:
                object.__setattr__(part, name, v)


def first_value(value: Any) -> tuple[tuple[int, ...], Callable[[Any, Any], Any]]:
    """Shape of a parameter, and an initializer that gives the value the object came with."""

    def initializer(rng: Any, size: Any) -> Any:
        plain = value.detach().cpu() if hasattr(value, "detach") else value
        return np.array(plain)

    return shape(value), initializer


def _run_backward(obj: Any, *upstream: Any) -> Any:
    return explaining(lambda held, *given: held.backward(*given))(obj, *upstream)


def explaining(backward: Callable[..., Any]) -> Callable[..., Any]:
    """The same backward, which says so when forward has not stored what it reads."""

    @functools.wraps(backward)
    def explained(obj: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return backward(obj, *args, **kwargs)
        except (AttributeError, TypeError) as error:
            absent = isinstance(error, AttributeError) and is_operator(error.obj)
            if not absent and "NoneType" not in str(error):
                raise
            raise UsageError(
                "{cls}.backward reads a value that forward has not stored ({error}): run forward "
                "first, and bind there what backward needs to an attribute of self (an array "
                "edited in place, or state that should survive the call, is not carried over)",
                cls=type(obj).__name__,
                error=str(error),
            ) from error

    return explained


def require_operator(obj: Any) -> None:
    """Raise ContractError unless the object can be lifted."""
    if isinstance(obj, type):
        raise ContractError(
            "expected an operator, found the class {found}: make an object of it, {found}(...)",
            found=obj.__name__,
        )
    if not is_operator(obj):
        raise ContractError(
            "expected an object with forward and backward, found {found}: "
            "write both methods (a class that inherits from Op is not needed)",
            found=type(obj).__name__,
        )
    if not hasattr(obj, "__dict__"):
        raise ContractError(
            "{cls} has __slots__, so what forward stores cannot be seen: remove them",
            cls=type(obj).__name__,
        )
