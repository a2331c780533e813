"""An operator as a function of PyTorch tensors, by way of torch.autograd.Function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from backprove.bridge._call import Call, bridged, prepared
from backprove.bridge._residuals import Frame, only_once


def is_array(x: Any) -> bool:
    """Whether x is a tensor."""
    return isinstance(x, torch.Tensor)


class Function(torch.autograd.Function):  # type: ignore[misc]
    """forward and backward of a `Call`, with tensors kept by PyTorch."""

    @staticmethod
    def forward(ctx: Any, call: Call, *tensors: Any) -> tuple[Any, ...]:
        y, new, saved = call.run(tensors)
        frame = Frame(saved, is_array)
        ctx.once = frame.computed((*tensors, *call.rest.values(), y))
        ctx.save_for_backward(*frame.taken())
        ctx.call, ctx.frame = call, frame
        states = [v.detach() for v in new.values()]
        ctx.mark_non_differentiable(*states)
        return y, *states

    @staticmethod
    def backward(ctx: Any, dy: Any, *states: Any) -> tuple[Any, ...]:
        if ctx.once and torch.is_grad_enabled():
            raise only_once(ctx.call.title)
        saved = ctx.frame.restored(ctx.saved_tensors)
        return None, *ctx.call.gradients(saved, dy, ctx.needs_input_grad[1:])


def to_torch(op: Any) -> Callable[..., Any]:
    """The operator as a differentiable function of tensors, whose gradient is its own backward.

        silu = to_torch(SiLU())
        silu(x).sum().backward()                                 # x.grad is ours
        y = to_torch(Linear(3, 2))(x, weight=weight, bias=bias)  # gradients of all three

    Its own parameters come by name; a lifted object brings its `params` along. An operator with
    running statistics gives `(y, new)`, with the new ones by name and without gradient.

    Second derivatives come from differentiating `backward`. Where it needs values that `forward`
    computed (extras in `aux`, other arrays on `self`), `create_graph=True` raises UsageError:
    PyTorch would take them for constants. backward raises ContractError if the operator gives no
    gradient for a tensor that requires one, or one of another shape.
    """
    operator = bridged(op)

    def function(*inputs: Any, **values: Any) -> Any:
        call, tensors = prepared(operator, inputs, values, is_array)
        y, *states = Function.apply(call, *tensors)
        return (y, dict(zip(operator.signature.state, states, strict=True))) if states else y

    return function
