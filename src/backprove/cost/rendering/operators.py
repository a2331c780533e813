"""The table with a row for each operator."""

from __future__ import annotations

from backprove.cost.rendering.notes import shape_text
from backprove.cost.table import CostResult, Row
from backprove.messages import render

RIGHT = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
"""The columns of numbers."""
AT_LEAST = "≥ "
"""Before a total to which an operator without a formula belongs."""

HEADINGS = (
    "layer",
    "operator",
    "output shape",
    "parameters",
    "forward multiply-adds",
    "forward FLOP",
    "cheap",
    "transcendental",
    "backward FLOP",
    "optimizer FLOP",
    "kept for backward (B)",
    "moved forward (B)",
    "FLOP per byte",
)


def cells(result: CostResult) -> tuple[list[str], list[list[str]]]:
    """Headings and rows, the total last; of a file of parameters, no compute that would be 0."""
    headings = [render(HEADINGS[i]) for i, _ in enumerate(HEADINGS)]
    kept = keeps_known(result)
    rows = [*(_cells(row, kept) for row in result.rows), _total_cells(result)]
    width = len(HEADINGS) if result.input_shapes else 4
    return headings[:width], [row[:width] for row in rows]


def keeps_known(result: CostResult) -> bool:
    """Whether it is known what is kept for backward: not of a file without an engine."""
    return "saved" in result.totals["memory"]


def _cells(row: Row, kept: bool) -> list[str]:
    size = f"{row.parameters:,}"
    count = f"({size})" if row.tied_to is not None else size
    first = "loss" if "loss" in row.counts else "forward"
    amounts = [f"{row.amount(first, k):,}" for k in ("mac", "flop", "cheap", "trans")]
    forward = ["?"] * 4 if row.unknown & {"forward", "loss"} else amounts
    backward = "?" if row.unknown & {"backward", "loss"} else f"{row.backward.get('flop', 0):,}"
    return [
        row.name,
        row.operator,
        "" if row.output_shape is None else shape_text(row.output_shape),
        count,
        *forward,
        backward,
        f"{row.amount('optimizer'):,}",
        f"{row.saved_bytes:,}" if kept else "",
        f"{row.moved_bytes:,}",
        "" if row.intensity is None else f"{row.intensity:.2f}",
    ]


def _total_cells(result: CostResult) -> list[str]:
    """The total of the rows: with the loss, if there is one."""
    total = {
        kind: sum(row.amount(p, kind) for row in result.rows for p in ("forward", "loss"))
        for kind in ("mac", "flop", "cheap", "trans")
    }
    backward = sum(row.backward.get("flop", 0) for row in result.rows)
    forward = AT_LEAST if any(row.unknown & {"forward", "loss"} for row in result.rows) else ""
    back = AT_LEAST if any(row.unknown & {"backward", "loss"} for row in result.rows) else ""
    numbers = [
        *(f"{forward}{number:,}" for number in total.values()),
        f"{back}{backward:,}",
        f"{result.operations('optimizer'):,}",
    ]
    return [
        render("total") if result.complete else render("total, at least"),
        "",
        "",
        f"{result.totals['parameters']['total']:,}",
        *numbers,
        f"{sum(row.saved_bytes for row in result.rows):,}" if keeps_known(result) else "",
        f"{sum(row.moved_bytes for row in result.rows):,}",
        "",
    ]
