"""The tables of the passes and of the memory, and two counts side by side."""

from __future__ import annotations

from backprove.cost.rendering.operators import AT_LEAST
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
    rows = [
        [render(QUANTITIES[name]), *(f"{least(result, name)}{n:,}" for n in numbers)]
        for name in QUANTITIES
        if name in result.totals["operations"]
        for numbers in [[result.operations(name, k) for k in kinds]]
    ]
    return [render(PASS_HEADINGS[i]) for i, _ in enumerate(PASS_HEADINGS)], rows


def memory_cells(result: CostResult) -> tuple[list[str], list[list[str]]]:
    """The memory of a training step in bytes."""
    memory = result.totals["memory"]
    rows = [[render(MEMORY[name]), f"{memory[name]:,}"] for name in MEMORY if name in memory]
    return [render("memory"), render("bytes")], rows


def least(result: CostResult, name: str) -> str:
    """The sign before a total that may be larger."""
    return "" if result.complete_in(name) else AT_LEAST


def side_by_side(first: CostResult, second: CostResult) -> tuple[list[str], list[list[str]]]:
    """The totals of two counts, their difference and ratio; "?" where one is a lower bound."""
    rows = []
    for label, a, b, name in _totals(first, second):
        signs = [least(one, name) if name else "" for one in (first, second)]
        ratio = f"{b / a:.3f}" if a else ""
        compared = ["?", "?"] if any(signs) else [f"{b - a:+,}", ratio]
        rows.append([label, f"{signs[0]}{a:,}", f"{signs[1]}{b:,}", *compared])
    headings = [render("quantity"), first.subject, second.subject]
    return [*headings, render("difference"), render("ratio")], rows


def _totals(first: CostResult, second: CostResult) -> list[tuple[str, int, int, str]]:
    """Label, both values and pass of all totals that both counts have; no pass of sizes."""
    both = [first.totals, second.totals]
    found = [(render(SIZES[k]), [t["parameters"].get(k) for t in both], "") for k in SIZES]
    macs = [t["operations"].get("forward", {}).get("mac") for t in both]
    found.append((render("forward multiply-adds"), macs, "forward"))
    for k in QUANTITIES:
        flop = [t["operations"].get(k, {}).get("flop") for t in both]
        found.append((render(QUANTITIES[k]) + " (FLOP)", flop, k))
    for k in MEMORY:
        found.append((render(MEMORY[k]) + " (B)", [t["memory"].get(k) for t in both], ""))
    return [(label, a, b, k) for label, (a, b), k in found if a is not None and b is not None]
