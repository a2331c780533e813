"""Running operators of the library spelling: binding names, half precision, the facade.

Half precision: if every floating array of a call is float16 or bfloat16, the operator computes in
float32 and rounds its results once. What is kept for backward stays in half precision. Running
statistics do not count for this and keep the dtype that they have.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from backprove.arrays import HALF, cast, dtype_name, is_floating, library, namespace
from backprove.arrays import shape as shape_of
from backprove.errors import ContractError, ShapeError, UsageError
from backprove.signature import CONTEXT, INPUT_GRAD

if TYPE_CHECKING:
    from backprove.op import Op


def fwd(op: Op, inputs: tuple[Any, ...], values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Bind the names, run forward, keep what backward asks for."""
    sig = op.signature
    given = bind(op, inputs, values)
    half = common_half(v for k, v in given.items() if k not in sig.state)
    used = {k: widen(v) for k, v in given.items()} if half else given
    result = op.forward(
        *(used[name] for name in sig.inputs),
        **{k: v for k, v in used.items() if k not in sig.inputs},
    )
    y, extra = outputs(op, result)
    if half:
        y = narrow(y, half)
    scope = {**extra, **given, "y": y}
    saved = {name: scope.get(name) for name in sig.residuals}
    if sig.state:
        new = {k: extra.get(k, given[k]) for k in sig.state}
        saved["new_state"] = {
            k: cast(v, given[k].dtype) if is_floating(v) else v for k, v in new.items()
        }
    return y, saved


def bwd(
    op: Op, saved: dict[str, Any], dy: Any, input_grad: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Run backward on what was kept, and sort its results into inputs and parameters."""
    sig = op.signature
    residuals = {name: saved[name] for name in sig.residuals}
    half = common_half((dy,))
    if half:
        dy = widen(dy)
        residuals = {k: widen(v) for k, v in residuals.items()}
    extra = {INPUT_GRAD: input_grad} if sig.skips else {}
    result = pure_backward(op)(op, dy, **residuals, **extra)
    inputs, params = split(op, result)
    if half:
        inputs = tuple(narrow(g, half) for g in inputs)
        params = {k: narrow(g, half) for k, g in params.items()}
    return inputs, params


def outputs(op: Op, result: Any) -> tuple[Any, dict[str, Any]]:
    """(y, extras) from what forward returned. Raises ContractError if an extra is missing."""
    declared = (*op.aux, *op.signature.state)
    pair = isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], dict)
    y, extra = result if declared and pair else (result, {})
    absent = [name for name in op.aux if name not in extra]
    if absent or isinstance(y, tuple) or y is None:
        raise ContractError(
            "{cls}.forward returned {found}: return y, or y and a dictionary with the extras that "
            "the class declares ({names})",
            cls=type(op).__name__,
            found="nothing" if result is None else type(result).__name__,
            names=", ".join(declared) or "none",
        )
    return y, extra


def split(op: Op, result: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """(gradients of the inputs, gradients of the parameters) from what backward returned."""
    parts = result if isinstance(result, tuple) else (result,)
    params: dict[str, Any] = {}
    if parts and isinstance(parts[-1], dict):
        parts, params = parts[:-1], parts[-1]
    if len(parts) != len(op.signature.inputs):
        raise ContractError(
            "{cls}.backward returned {found} input gradients; forward has the inputs {inputs}: "
            "return one gradient for each, None for whole numbers",
            cls=type(op).__name__,
            found=len(parts),
            inputs=", ".join(op.signature.inputs),
        )
    for name in [k for k in params if k not in op.signature.parameters]:
        raise ContractError(
            "{cls}.backward returned a gradient for {name}; forward has the parameters {known}",
            cls=type(op).__name__,
            name=name,
            known=", ".join(op.signature.parameters) or "none",
        )
    return tuple(parts), {k: g for k, g in params.items() if g is not None}


def bind(op: Op, inputs: tuple[Any, ...], values: dict[str, Any]) -> dict[str, Any]:
    """Everything that forward is given, by name.

    `key` and `training` may always be given; an operator that does not ask for them gets neither.
    """
    sig = op.signature
    cls = type(op).__name__
    if len(inputs) != len(sig.inputs):
        raise UsageError(
            "{cls} takes {expected} inputs ({names}), found {found}",
            cls=cls,
            expected=len(sig.inputs),
            names=", ".join(sig.inputs),
            found=len(inputs),
        )
    named = {k: v for k, v in values.items() if k not in CONTEXT or k in sig.context}
    known = (*sig.parameters, *sig.state, *sig.context)
    for name in [k for k in named if k not in known]:
        raise UsageError(
            "{cls} was given {name}; it takes {known}",
            cls=cls,
            name=name,
            known=", ".join(known) or "no named values",
        )
    for name in (*sig.parameters, *sig.state):
        if name not in named and name not in sig.optional:
            raise UsageError("{cls} needs a value for {name}", cls=cls, name=name)
    context = {name: False if name == "training" else None for name in sig.context}
    return {**dict(zip(sig.inputs, inputs, strict=True)), **context, **named}


def common_half(arrays: Iterable[Any]) -> str | None:
    """The half-precision dtype that all floating arrays share, if they do."""
    names = {dtype_name(x) for x in arrays if is_floating(x)}
    name = names.pop() if len(names) == 1 else ""
    return name if name in HALF else None


def widen(x: Any) -> Any:
    """Half precision to float32; everything else as it is."""
    return cast(x, "float32") if is_floating(x) and dtype_name(x) in HALF else x


def narrow(x: Any, dtype: str) -> Any:
    """float32 to the given half precision; everything else as it is."""
    return cast(x, dtype) if is_floating(x) else x


def call(op: Op, inputs: tuple[Any, ...], values: dict[str, Any]) -> Any:
    """`op(x)`: forward with the operator's own parameters, remembering the residuals on it."""
    kept = vars(op).get("_values")
    own = {k: beside(v, *inputs) for k, v in (op.init() if kept is None else kept).items()}
    y, saved = op.fwd(*inputs, **{**own, **values})
    vars(op)["_values"] = {**own, **op.new_state(saved)}
    remember(op, y, saved)
    return y


def beside(value: Any, *arrays: Any) -> Any:
    """`value` as an array of the library of the first array, by way of NumPy."""
    found = next((x for x in arrays if library(x) is not None), value)
    if library(found) == library(value):
        return value
    plain = value.detach().cpu() if hasattr(value, "detach") else value
    return namespace(found).asarray(np.asarray(plain))


def remember(op: Op, y: Any, saved: dict[str, Any]) -> None:
    """Keep on the operator what `op.backward` will need."""
    vars(op)["_saved"] = (shape_of(y), saved)


def recall(op: Op, dy: Any) -> dict[str, Any]:
    """What the last `op(x)` left. Raises UsageError without one, ShapeError if dy is not as y."""
    if "_saved" not in vars(op):
        raise UsageError(
            "{cls}.backward(dy) needs a forward pass first: call op(x)", cls=type(op).__name__
        )
    expected, saved = vars(op)["_saved"]
    if library(dy) is not None and shape_of(dy) != expected:
        raise ShapeError(
            "{cls}.backward expected dy of the shape {expected} that forward gave y, "
            "found {found}: pass the gradient for y",
            cls=type(op).__name__,
            expected=expected,
            found=shape_of(dy),
        )
    found: dict[str, Any] = saved
    return found


def handed_back(op: Op, inputs: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """Gradients as `op.backward(dy)` returns them: a lone one without a tuple."""
    found = (*inputs, params) if op.signature.parameters else inputs
    return found if len(found) > 1 else found[0]


def remembering(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Let `op.backward(dy)` use what `op(x)` remembered; with residuals it stays pure."""

    @functools.wraps(backward)
    def facade(op: Op, dy: Any, **residuals: Any) -> Any:
        if residuals.keys() - {INPUT_GRAD}:
            return backward(op, dy, **residuals)
        return handed_back(op, *op.bwd(recall(op, dy), dy, **residuals))

    vars(facade)["pure"] = backward
    return facade


def pure_backward(op: Op) -> Callable[..., Any]:
    """The class's own backward, without the facade."""
    method = type(op).backward
    found: Callable[..., Any] = getattr(method, "pure", method)
    return found
