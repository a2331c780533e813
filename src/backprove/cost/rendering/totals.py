"""The tables of the passes and of the memory, and two counts side by side."""

from __future__ import annotations

from backprove.cost.table import CostResult
from backprove.messages import render

RIGHT = (1, 2, 3, 4, 5)
"""The columns of numbers."""

PASS_HEADINGS = ("quantity", "multiply-adds", "FLOP", "cheap", "transcendental", "random")

QUANTITIES = {
    "forward": "forward",
    "loss": "loss, forward",
    "loss_backward": "loss, backward",
    "dx": "backward: dX",
    "dweight": "backward: dW",
    "dbias": "backward: db",
    "dother": "backward: other gradients",
    "backward": "backward",
    "optimizer": "optimizer",
    "step": "step without the loss",
    "step_with_loss": "step with the loss",
}
SIZES = {"total": "parameters", "trainable": "trainable parameters"}
MEMORY = {
    "parameters": "parameters",
    "gradients": "gradients",
    "optimizer": "optimizer state",
    "saved": "kept for backward",
    "peak": "peak of a step",
    "compiled_peak": "peak of a compiled step",
}


def operation_cells(result: CostResult) -> tuple[list[str], list[list[str]]]:
    """The operations of a training step, pass by pass."""
    kinds = ("mac", "flop", "cheap", "trans", "random")
    least = "" if result.complete else "≥ "
    rows = [
        [render(QUANTITIES[name]), *(f"{least}{result.operations(name, k):,}" for k in kinds)]
        for name in QUANTITIES
        if name in result.totals["operations"]
    ]
    return [render(PASS_HEADINGS[i]) for i, _ in enumerate(PASS_HEADINGS)], rows


def memory_cells(result: CostResult) -> tuple[list[str], list[list[str]]]:
    """The memory of a training step in bytes."""
    memory = result.totals["memory"]
    rows = [[render(MEMORY[name]), f"{memory[name]:,}"] for name in MEMORY if name in memory]
    return [render("memory"), render("bytes")], rows


def side_by_side(first: CostResult, second: CostResult) -> tuple[list[str], list[list[str]]]:
    """The totals of two counts, their difference and ratio."""
    rows = []
    for label, a, b in _totals(first, second):
        ratio = f"{b / a:.3f}" if a else ""
        rows.append([label, f"{a:,}", f"{b:,}", f"{b - a:+,}", ratio])
    headings = [render("quantity"), first.subject, second.subject]
    return [*headings, render("difference"), render("ratio")], rows


def _totals(first: CostResult, second: CostResult) -> list[tuple[str, int, int]]:
    """The labels and both values of all totals that both counts have."""
    both = [first.totals, second.totals]
    pairs = [(render(SIZES[k]), [t["parameters"].get(k) for t in both]) for k in SIZES]
    macs = [t["operations"].get("forward", {}).get("mac") for t in both]
    pairs.append((render("forward multiply-adds"), macs))
    for k in QUANTITIES:
        flop = [t["operations"].get(k, {}).get("flop") for t in both]
        pairs.append((render(QUANTITIES[k]) + " (FLOP)", flop))
    for k in MEMORY:
        pairs.append((render(MEMORY[k]) + " (B)", [t["memory"].get(k) for t in both]))
    return [(label, a, b) for label, (a, b) in pairs if a is not None and b is not None]
