"""What fvcore 0.1.5 adds: multiply-adds, called flop, for the operations of a traced graph.

It goes by the operations that PyTorch's tracer records, so by neither layers nor kernels: a
recurrent layer and attention are one operation each, without a rule, and count nothing. Operations
without a rule are told in a warning, but for some that only move numbers. Source: fvcore.nn's
jit_handles, flop_count and jit_analysis, version 0.1.5.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import torch
from torch.nn.modules import module as hooks

from backprove.oracle.refused import Refused, words
from backprove.oracle.tools.rules import einsum_flop

UNTOLD = {
    f"aten::{name}"
    for name in (
        "Int ScalarImplicit __and__ arange bitwise_not cat chunk clamp clamp_ constant_pad_nd "
        "contiguous copy_ detach dropout empty eq expand flatten floor floor_divide full full_like "
        "gather ge gt index index_put_ masked_fill max narrow new_empty new_full new_zeros nonzero "
        "ones permute relu relu_ remainder reshape roll select size slice split split_with_sizes "
        "squeeze stack t to transpose type_as unbind unsqueeze unsqueeze_ view zeros zeros_like"
    ).split()
}
"""What it leaves out without a word."""


def printed(net: Any, inputs: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """{"operations": what it adds, by path and kind; "parameters"; "left_out": what it names}."""
    if keywords:
        raise Refused("tool", "it takes no inputs by name")
    found: dict[tuple[str, str], dict[str, Any]] = {}
    left_out: dict[str, int] = {}
    try:
        for node in _traced(net, inputs).nodes():
            kind = node.kind()
            kind += f".{node.pyname()}" if kind == "prim::PythonOp" else ""
            if kind in RULES:
                path, name = node.scopeName().rpartition("/")[2], kind.removeprefix("aten::")
                nothing = {"path": path, "name": name, "calls": 0, "flop": 0, "mac": 0}
                entry = found.setdefault((path, name), nothing)
                entry["calls"] += 1
                entry["flop"] += int(RULES[kind](node))
            elif _told(kind):
                left_out[kind] = left_out.get(kind, 0) + 1
    except (Exception, SystemExit) as error:
        raise Refused("tool", words(error)) from error
    return {
        "operations": list(found.values()),
        "parameters": sum(p.numel() for p in net.parameters()),
        "left_out": left_out,
    }


def _told(kind: str) -> bool:
    if kind.startswith("prim::"):
        return kind.startswith(("prim::PythonOp", "prim::CallFunction"))
    return kind not in UNTOLD


def _traced(net: Any, inputs: list[Any]) -> Any:
    with warnings.catch_warnings(), _scopes(net):
        warnings.simplefilter("ignore")
        return torch.jit._get_trace_graph(net, tuple(inputs))[0]


@contextmanager
def _scopes(net: Any) -> Iterator[None]:
    """While the block runs, traced operations know the path of their module."""
    names = {id(module): name for name, module in net.named_modules()}

    def enter(module: Any, _: Any) -> None:
        state = torch._C._get_tracing_state()
        if state is not None and id(module) in names:
            state.push_scope(names[id(module)])

    def leave(module: Any, _: Any, __: Any) -> None:
        state = torch._C._get_tracing_state()
        if state is not None and id(module) in names:
            state.pop_scope()

    handles = [
        hooks.register_module_forward_pre_hook(enter),
        hooks.register_module_forward_hook(leave),
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _shape(value: Any) -> Any:
    """The shape of a traced value; None where it is no tensor."""
    return tuple(value.type().sizes()) if value.isCompleteTensor() else None


def _shapes(node: Any) -> list[Any]:
    return [_shape(v) for v in node.inputs()]


def _output(node: Any) -> Any:
    return _shape(next(iter(node.outputs())))


def _addmm(node: Any) -> int:
    _, (rows, inner), (_, columns) = _shapes(node)[:3]
    return int(rows * inner * columns)


def _bmm(node: Any) -> int:
    (count, rows, inner), (*_, columns) = _shapes(node)
    return int(count * rows * inner * columns)


def _matmul(node: Any) -> int:
    first, second = _shapes(node)
    if first[-1] != second[-2]:
        raise AssertionError(f"a product of {first} and {second}")
    return int(prod(first) * second[-1])


def _linear(node: Any) -> int:
    x, weight = _shapes(node)[:2]
    return int(prod(x) * weight[0])


def _convolution(node: Any) -> int:
    values = list(node.inputs())
    x, weight = _shape(values[0]), _shape(values[1])
    places = x if values[6].toIValue() else _output(node)
    return int(x[0] * prod(weight) * prod(places[2:]))


def _einsum(node: Any) -> int:
    equation, operands = list(node.inputs())[:2]
    text = equation.toIValue().replace(" ", "")
    shapes = [_shape(v) for v in operands.node().inputs()]
    return int(einsum_flop(text, shapes) // 2)


def _norm(gain: int) -> Callable[[Any], int]:
    """5 an element with a gain, 4 without; `gain` is its place among the arguments."""

    def rule(node: Any) -> int:
        found = _shapes(node)
        if not 2 <= len(found[0]) <= 5:
            raise AssertionError(f"a norm of {len(found[0])} axes")
        return int(prod(found[0]) * (4 if found[gain] is None else 5))

    return rule


def _batch_norm(node: Any) -> int:
    values = list(node.inputs())
    if values[5].toIValue():
        return _norm(1)(node)
    return int(prod(_shape(values[0])) * (1 if _shape(values[1]) is None else 2))


RULES: dict[str, Callable[[Any], int]] = {
    "aten::addmm": _addmm,
    "aten::bmm": _bmm,
    "aten::_convolution": _convolution,
    "aten::einsum": _einsum,
    "aten::matmul": _matmul,
    "aten::mm": _matmul,
    "aten::linear": _linear,
    "aten::batch_norm": _batch_norm,
    "aten::group_norm": _norm(2),
    "aten::layer_norm": _norm(2),
    "aten::instance_norm": _norm(1),
    "aten::upsample_nearest2d": lambda node: int(prod(_output(node))),
    "aten::upsample_bilinear2d": lambda node: int(4 * prod(_output(node))),
    "aten::adaptive_avg_pool2d": lambda node: int(prod(_shapes(node)[0])),
    "aten::grid_sampler": lambda node: int(4 * prod(_output(node))),
}
