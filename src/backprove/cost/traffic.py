"""Bytes moved and arithmetic intensity of every operator: forward, backward and optimizer.

The bytes are those of `memory.moved`: each operand once. Below the machine's ratio of compute to
bandwidth (some tens of FLOP a byte) an operator waits for memory, however it is written.
"""

from __future__ import annotations

from backprove.cost.table import CostResult, Row
from backprove.messages import render
from backprove.tables import text_table

PASSES = ("forward", "backward", "optimizer")
RIGHT = (2, 3, 4, 5, 6, 7)
HEADINGS = (
    "layer",
    "operator",
    "forward (B)",
    "FLOP per byte",
    "backward (B)",
    "FLOP per byte",
    "optimizer (B)",
    "FLOP per byte",
)


def text(result: CostResult) -> str:
    """The table for a terminal."""
    return text_table(*cells(result), RIGHT, rule_before_last=True)


def cells(result: CostResult) -> tuple[list[str], list[list[str]]]:
    """Headings and rows, the total last; operators that move nothing are left out."""
    rows = [_cells(row) for row in result.rows if any(row.traffic(p)[0] for p in PASSES)]
    moved = result.totals["moved"]
    total = [render("total"), ""]
    for name in PASSES:
        flop = sum(_flop(row, name) for row in result.rows)
        total += _pair(moved.get(name, 0), flop / moved[name] if moved.get(name) else None)
    return [render(HEADINGS[i]) for i, _ in enumerate(HEADINGS)], [*rows, total]


def _flop(row: Row, name: str) -> float:
    moved, intensity = row.traffic(name)
    return moved * (intensity or 0.0)


def _cells(row: Row) -> list[str]:
    found = [row.name, row.operator]
    for name in PASSES:
        moved, intensity = row.traffic(name)
        found += _pair(moved, intensity if row.known else None)
    return found


def _pair(moved: int, intensity: float | None) -> list[str]:
    return [f"{moved:,}" if moved else "", "" if intensity is None else f"{intensity:.2f}"]
