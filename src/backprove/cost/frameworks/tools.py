"""What tools print for a network: from the operations that it executed, or by its layers.

* torch    2 x multiply-adds of the kernels that FlopCounterMode has a formula for; backward too
* fvcore   multiply-adds of products and convolutions of the forward pass, and 5 (without gain and
           shift 4) for each element of a layer norm or group norm; it reads the traced
           graph, where a recurrent layer and attention are one operation each, which it counts as 0

Both print 0 for every other operation, so that an operation that we have no formula for is known
here. What fvcore prints for a kernel that was not tried (batch norm, averaging, products with a
vector) is unknown, and so are the products of attention that was computed step by step.
Sources: torch.utils.flop_counter.flop_registry of PyTorch 2.13; fvcore.nn.flop_count of 0.1.5.
"""

from __future__ import annotations

from typing import Any

from backprove.cost.table import KINDS

MATRICES = ("mm", "addmm", "bmm")
REGISTERED = (*MATRICES, "baddbmm", "convolution", "_convolution", "convolution_backward")
TRACED = (*MATRICES, "convolution")
RECURRENT = ("LSTM", "GRU", "RNN")
NORMS = ("native_layer_norm", "native_group_norm")
UNTRIED = (
    *("mv", "dot", "vdot", "native_batch_norm"),
    *("_native_batch_norm_legit", "_adaptive_avg_pool2d", "mean", "grid_sampler_2d"),
)
RESIZED = {"upsample_nearest2d": 1, "upsample_bilinear2d": 4}
"""What fvcore counts for an element of the result."""
BY_STEPS = "_safe_softmax"
"""The kernel that only attention without a kernel of its own executes."""
BY_KERNEL = ("torch", "fvcore")
BY_LAYER = ("thop", "ptflops", "calflops", "paddle")
"""Counters that go by layers and functions; `oracle.tools` says what they add."""
TOOLS = (*BY_KERNEL, *BY_LAYER)


def as_printed(found: dict[str, Any], tool: str) -> dict[str, Any]:
    """A count with the operations that a tool prints in place of those executed."""
    if tool in BY_LAYER:
        return {**found, "operations": _by_layer(found)}
    by_steps = {one["path"] for one in found["operations"] if one["name"] == BY_STEPS}
    operations = []
    for one in found["operations"]:
        kind, attention = found["classes"].get(one["path"], ""), one["path"] in by_steps
        flop = _torch(one) if tool == "torch" else _fvcore(one, kind, attention)
        numbers = dict.fromkeys(KINDS, 0) | {"flop": flop or 0}
        operations.append({**one, **numbers, "known": flop is not None, "formula": ""})
    return {**found, "operations": operations}


def _by_layer(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The executed operations, which count nothing here, and what the tool adds for layers."""
    nothing = {**dict.fromkeys(KINDS, 0), "headline": 0, "known": True, "formula": ""}
    executed = [one | nothing for one in found["operations"]]
    added = [
        {"pass": "forward", "moved": 0, "elements": 0, **nothing, **one}
        for one in found["printed"]["operations"]
    ]
    return [*executed, *added]


def _torch(one: dict[str, Any]) -> int:
    return 2 * int(one["mac"]) if one["name"] in REGISTERED else 0


def _fvcore(one: dict[str, Any], kind: str, by_steps: bool) -> int | None:
    if one["pass"] != "forward" or kind in RECURRENT:
        return 0
    if one["name"] in NORMS:
        return _norm(one)
    if one["name"] in RESIZED:
        return RESIZED[one["name"]] * int(one["elements"])
    if one["name"] in UNTRIED or (by_steps and one["name"] in TRACED):
        return None
    return int(one["mac"]) if one["name"] in TRACED else 0


def _norm(one: dict[str, Any]) -> int | None:
    """5 an element with gain and shift, which our formula counts as 7; 4 without, as 5."""
    rest, size = one["flop"] - one["trans"], one["elements"]
    return {7 * size: 5 * size, 5 * size: 4 * size}.get(rest)
