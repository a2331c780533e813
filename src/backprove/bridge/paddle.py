"""An operator as a function of Paddle tensors, by way of paddle.autograd.PyLayer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import paddle

from backprove.bridge._call import Call, bridged, prepared
from backprove.bridge._residuals import Frame, only_once


def is_array(x: Any) -> bool:
    """Whether x is a tensor."""
    return isinstance(x, paddle.Tensor)


class Layer(paddle.autograd.PyLayer):  # type: ignore[misc]
    """forward and backward of a `Call`, with tensors kept by Paddle."""

    @staticmethod
    def forward(ctx: Any, call: Call, *tensors: Any) -> tuple[Any, ...]:
        y, new, saved = call.run(tensors)
        frame = Frame(saved, is_array)
        ctx.once = frame.computed((*tensors, *call.rest.values(), y))
        ctx.save_for_backward(*frame.taken())
        ctx.call, ctx.frame = call, frame
        ctx.needed = [t.is_floating_point() and not t.stop_gradient for t in tensors]
        states = [v.detach() for v in new.values()]
        ctx.mark_non_differentiable(*states)
        handed_through = any(y is t for t in tensors)  # Paddle takes it for an in-place operation
        return y.clone() if handed_through else y, *states

    @staticmethod
    def backward(ctx: Any, dy: Any, *states: Any) -> tuple[Any, ...]:
        if ctx.once and paddle.is_grad_enabled():
            raise only_once(ctx.call.title)
        saved = ctx.frame.restored(ctx.saved_tensor())
        return tuple(ctx.call.gradients(saved, dy, ctx.needed))


def to_paddle(op: Any) -> Callable[..., Any]:
    """The operator as a differentiable function of tensors, whose gradient is its own backward.

        silu = to_paddle(SiLU())
        silu(x).sum().backward()                                # x.grad is ours
        y = to_paddle(Linear(3, 2))(x, weight=weight, bias=bias) # gradients of all three

    Its own parameters come by name; a lifted object brings its `params` along. An operator with
    running statistics gives `(y, new)`, with the new ones by name and without gradient.

    Second derivatives come from differentiating `backward`. Where it needs values that `forward`
    computed (extras in `aux`, other arrays on `self`), `create_graph=True` raises UsageError:
    Paddle would take them for constants. backward raises ContractError if the operator gives no
    gradient for a tensor whose `stop_gradient` is False, or one of another shape.
    """
    operator = bridged(op)

    def function(*inputs: Any, **values: Any) -> Any:
        call, tensors = prepared(operator, inputs, values, is_array)
        y, *states = Layer.apply(call, *tensors)
        return (y, dict(zip(operator.signature.state, states, strict=True))) if states else y

    return function
