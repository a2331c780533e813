"""The amounts of recorded operations of Paddle, and of the gradients that are wanted of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backprove.oracle import formulas as f
from backprove.oracle.formulas_paddle import FREE, backward, forward, size
from backprove.oracle.networks import Ledger, tensors
from backprove.oracle.recording_paddle import KINDS, Call, Recorder, operands_of

Wanted = Callable[[Call], bool]
"""Whether a gradient goes back through a call."""


def needs(recorder: Recorder, call: Call) -> dict[int, str]:
    """The operands whose gradient is asked for, and what it is called."""
    return {
        i: "dweight" if id(v) in recorder.owned else "dx"
        for i, v in enumerate(call.values)
        if isinstance(v, KINDS) and not v.stop_gradient
    }


def record(ledger: Ledger, recorder: Recorder, call: Call, wanted: Wanted) -> None:
    """Add an operation and its gradients; what complex numbers cost no formula tells."""
    first = next(iter(tensors(call.out, KINDS)), None)
    if first is None:
        return
    name, operands = call.name, operands_of(call)
    complex_numbers = any("complex" in str(v.dtype) for v in [*operands, first])
    if name not in FREE or name == "embedding":
        amount = None if complex_numbers else forward(name, call.values, first)
        ledger.record(call.path, name, {"forward": amount}, _moved(call, operands))
    if not wanted(call):
        return
    found = backward(name, call.values, first, needs(recorder, call))
    if found is None or (found and complex_numbers):
        ledger.record(call.path, f"{name}_grad", {"dx": None}, 0)
    elif found:
        ledger.record(call.path, f"{name}_grad", found, _moved(call, operands))


def _moved(call: Call, operands: list[Any]) -> int:
    results = tensors(call.out, KINDS)
    both = [operands[0], *results, *results] if call.name == "embedding" else [*operands, *results]
    return sum(size(t) * t.element_size() for t in both)


def joins(ledger: Ledger, recorder: Recorder, wanted: Wanted) -> None:
    """Where an array is used several times, its gradients are added."""
    uses: dict[int, list[tuple[Call, Any]]] = {}
    for call in recorder.calls:
        if not wanted(call):
            continue
        for operand in operands_of(call):
            if not operand.stop_gradient:
                uses.setdefault(id(operand), []).append((call, operand))
    for key, found in uses.items():
        call, operand = found[0]
        vector = len(operand.shape) == 1
        passed = ("dbias" if vector else "dweight") if key in recorder.owned else "dx"
        adds = (len(found) - 1) * size(operand)
        if adds:
            text = f"{len(found) - 1} x {size(operand)}"
            amount = f.elementwise("add", adds)
            ledger.record(call.path, "add", {passed: f.Amount(amount.strict, adds, text)}, 0)
