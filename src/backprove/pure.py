"""Running operators of the library spelling: binding names, half precision, the facade.

Half precision: if every floating array of a call is float16 or bfloat16, the operator computes in
float32 and rounds its results once. What is kept for backward stays in half precision.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from backprove.arrays import HALF, cast, dtype_name, is_floating
from backprove.errors import ContractError, UsageError

if TYPE_CHECKING:
    from backprove.op import Op


def fwd(op: Op, inputs: tuple[Any, ...], values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Bind the names, run forward, keep what backward asks for."""
    sig = op.signature
    _check_names(op, inputs, values)
    given = {**dict(zip(sig.inputs, inputs, strict=True)), **values}
    half = common_half(given.values())
    used = {k: widen(v) for k, v in given.items()} if half else given
    result = op.forward(
        *(used[name] for name in sig.inputs), **{k: v for k, v in used.items() if k in values}
    )
    extras = bool(op.aux or sig.state)
    y, extra = result if extras and isinstance(result, tuple) else (result, {})
    if half:
        y = narrow(y, half)
    scope = {**dict.fromkeys(sig.context), **extra, **given, "y": y}
    saved = {name: scope.get(name) for name in sig.residuals}
    if sig.state:
        saved["new_state"] = {k: extra.get(k, values[k]) for k in sig.state}
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
    extra = {"input_grad": input_grad} if sig.skips else {}
    result = pure_backward(op)(op, dy, **residuals, **extra)
    inputs, params = split(op, result)
    if half:
        inputs = tuple(narrow(g, half) for g in inputs)
        params = {k: narrow(g, half) for k, g in params.items()}
    return inputs, params


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
    return tuple(parts), {k: g for k, g in params.items() if g is not None}


def _check_names(op: Op, inputs: tuple[Any, ...], values: dict[str, Any]) -> None:
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
    known = (*sig.parameters, *sig.state, *sig.context)
    missing = [k for k in (*sig.parameters, *sig.state) if k not in values]
    for name in [k for k in values if k not in known]:
        raise UsageError(
            "{cls} was given {name}; it takes {known}",
            cls=cls,
            name=name,
            known=", ".join(known) or "no named values",
        )
    for name in [k for k in missing if k not in sig.optional]:
        raise UsageError("{cls} needs a value for {name}", cls=cls, name=name)


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
    own: dict[str, Any] = vars(op).setdefault("_values", None) or op.init()
    vars(op)["_values"] = own
    y, saved = op.fwd(*inputs, **{**own, **values})
    own.update(op.new_state(saved))
    vars(op)["_saved"] = saved
    return y


def remembering(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Let `op.backward(dy)` use what `op(x)` remembered; with residuals it stays pure."""

    @functools.wraps(backward)
    def facade(op: Op, dy: Any, **residuals: Any) -> Any:
        if residuals:
            return backward(op, dy, **residuals)
        saved = vars(op).get("_saved")
        if saved is None:
            raise UsageError(
                "{cls}.backward(dy) needs a forward pass first: call op(x), or hand in {names}",
                cls=type(op).__name__,
                names=", ".join(op.signature.residuals),
            )
        inputs, params = op.bwd(saved, dy)
        found = (*inputs, params) if op.signature.parameters else inputs
        return found if len(found) > 1 else found[0]

    vars(facade)["pure"] = backward
    return facade


def pure_backward(op: Op) -> Callable[..., Any]:
    """The class's own backward, without the facade."""
    method = type(op).backward
    found: Callable[..., Any] = getattr(method, "pure", method)
    return found
