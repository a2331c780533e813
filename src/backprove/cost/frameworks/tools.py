"""What tools print for a network: from the operations that it executed, or by their own rules.

FlopCounterMode of PyTorch prints 2 x multiply-adds of the kernels that it has a formula for, those
of backward too, and 0 for every other, so an operation without a formula of ours is known here.
The other tools go by layers, functions or a traced graph: `oracle.tools` says what they add.
Source: torch.utils.flop_counter.flop_registry of PyTorch 2.13.
"""

from __future__ import annotations

from typing import Any

from backprove.cost.table import KINDS

REGISTERED = (
    *("mm", "addmm", "bmm", "baddbmm"),
    *("convolution", "_convolution", "convolution_backward"),
)
BY_RULES = ("fvcore", "thop", "ptflops", "calflops", "paddle")
"""Tools with rules of their own, which are asked for while the network runs."""
TOOLS = ("torch", *BY_RULES)


def as_printed(found: dict[str, Any], tool: str) -> dict[str, Any]:
    """A count with the operations that a tool prints in place of those executed."""
    if tool in BY_RULES:
        return {**found, "operations": _by_rules(found)}
    operations = []
    for one in found["operations"]:
        flop = 2 * int(one["mac"]) if one["name"] in REGISTERED else 0
        numbers = dict.fromkeys(KINDS, 0) | {"flop": flop}
        operations.append({**one, **numbers, "known": True, "formula": ""})
    return {**found, "operations": operations}


def _by_rules(found: dict[str, Any]) -> list[dict[str, Any]]:
    """The executed operations, which count nothing here, and what the tool adds."""
    nothing = {**dict.fromkeys(KINDS, 0), "headline": 0, "known": True, "formula": ""}
    executed = [one | nothing for one in found["operations"]]
    added = [
        {"pass": "forward", "moved": 0, **nothing, **one} for one in found["printed"]["operations"]
    ]
    return [*executed, *added]
