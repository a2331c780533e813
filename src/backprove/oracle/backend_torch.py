"""PyTorch as a reference. Runs in a process of its own only."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from backprove.arrays import dtype_name
from backprove.ops import operator
from backprove.oracle import learner
from backprove.oracle.many import answers

TENSOR = torch.Tensor


def tensor(x: Any) -> Any:
    """A tensor that owns its memory; bfloat16 by way of float32."""
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(x.astype("float32")).to(torch.bfloat16)
    if x.dtype == np.uint32:
        x = x.astype(np.int64)
    return torch.from_numpy(np.array(x))


def array(t: Any) -> Any:
    """The NumPy array of a tensor; bfloat16 as float32."""
    t = t.detach()
    return (t.float() if t.dtype == torch.bfloat16 else t).numpy()


def version() -> dict[str, Any]:
    """The version of the library."""
    return {"version": str(torch.__version__)}


def evaluate(
    expression: str,
    arrays: dict[str, Any],
    constants: dict[str, Any],
    dy: Any = None,
    wanted: list[str] | None = None,
) -> dict[str, Any]:
    """Value and gradients of an expression over torch, F (nn.functional), nn and the names given.

    Names that are None stand for None. Gradients are those of the floating arrays, or of the
    `wanted` ones. `layer(nn.PReLU, {...}, weight=w)` is a layer with these tensors as parameters.
    """
    scope = {name: None if x is None else tensor(x) for name, x in arrays.items()}
    leaves = {k: t for k, t in scope.items() if t is not None and t.is_floating_point()}
    leaves = {k: t for k, t in leaves.items() if wanted is None or k in wanted}
    for leaf in leaves.values():
        leaf.requires_grad_(dy is not None)
    y = eval(expression, {**names(), **constants, **scope})
    if dy is None:
        return {"y": array(y)}
    y.backward(tensor(dy).to(y.dtype).reshape(y.shape))
    found = {k: t.grad for k, t in leaves.items() if t.grad is not None}
    dtypes = {k: dtype_name(t) for k, t in {"y": y, **found}.items()}
    return {"y": array(y), "gradients": {k: array(g) for k, g in found.items()}, "dtypes": dtypes}


def names() -> dict[str, Any]:
    """What an expression may name beside arrays and constants."""
    found: dict[str, Any] = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn, "np": np}
    return {**found, "layer": with_parameters}


def with_parameters(cls: Any, arguments: dict[str, Any], **values: Any) -> Any:
    """A layer as a function, with these tensors as its parameters; those that are None stay.

    A matrix of the turned shape is turned: Linear keeps its weight as (out, in).
    """
    layer = cls(**arguments)
    own = dict(layer.named_parameters())
    given = {
        k: v.mT if v.ndim == 2 and own[k].shape != v.shape else v
        for k, v in values.items()
        if v is not None
    }
    return lambda *inputs: torch.func.functional_call(layer, given, inputs)


def optimize(
    expression: str, weights: dict[str, Any], gradients: list[dict[str, Any]], schedule: str = ""
) -> dict[str, Any]:
    """Weights after each step of the optimizer that `expression` builds from `parameters`."""
    leaves = {k: tensor(w).requires_grad_(True) for k, w in weights.items()}
    scope = {"torch": torch, "nn": torch.nn, "np": np, "parameters": list(leaves.values())}
    scope["optimizer"] = optimizer = eval(expression, scope)
    scheduler = eval(schedule, scope) if schedule else None
    history, rates = [], []
    for step in gradients:
        for name, gradient in step.items():
            leaves[name].grad = tensor(gradient)
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if scheduler is not None:
            scheduler.step()
        history.append({k: array(t).copy() for k, t in leaves.items()})
    return {"history": history, "rates": rates}


def run_operator(
    name: str, arguments: dict[str, Any], inputs: list[Any], values: dict[str, Any], dy: Any
) -> dict[str, Any]:
    """One of our operators run on this library's arrays: output and all gradients."""
    op = operator(name, **arguments)
    given = {k: tensor(v) if isinstance(v, np.ndarray) else v for k, v in values.items()}
    y, saved = op.fwd(*(tensor(x) for x in inputs), **given)
    by_input, by_name = op.bwd(saved, tensor(dy))
    return {
        "y": array(y),
        "inputs": [None if g is None else array(g) for g in by_input],
        "parameters": {k: array(g) for k, g in by_name.items()},
    }


def run_file(place: str, x: Any, dy: Any, tensors: bool = True) -> dict[str, Any]:
    """A learner's operator class, "FILE.py" or "FILE.py::Class", run on tensors or NumPy arrays.

    The answer holds its name, its output and the gradient that its backward returns.
    """
    return learner.run_file(place, x, dy, tensor if tensors else np.array, plain)


def plain(value: Any) -> Any:
    """The NumPy array of a tensor, or of what a learner's method returned in its place."""
    return array(value) if isinstance(value, TENSOR) else np.asarray(value)


def evaluate_all(requests: list[dict[str, Any]], times: int = 1) -> dict[str, Any]:
    """Several questions at once; the words of a refusal in the place of an answer."""
    return {"answers": answers(evaluate, requests, times)}


def count(
    place: str,
    inputs: list[dict[str, Any]],
    keywords: dict[str, dict[str, Any]],
    arguments: dict[str, str] | None = None,
    abstract: bool = False,
    tool: str = "",
) -> dict[str, Any]:
    """Parameters and executed operations of a network in a file; abstract: from shapes alone.

    With a tool, what that counter prints as well.
    """
    from backprove.oracle import count_torch
    from backprove.oracle.networks import answer

    settings: dict[str, Any] = {"abstract": abstract, "tool": tool}
    return answer(lambda: count_torch.count(place, inputs, keywords, arguments, **settings))
