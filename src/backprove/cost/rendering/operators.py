"""The table with a row for each operator."""

from __future__ import annotations

from backprove.cost.rendering.notes import shape_text
from backprove.cost.table import CostResult, Row
from backprove.messages import render

RIGHT = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
"""The columns of numbers."""

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
    rows = [*(_cells(row) for row in result.rows), _total_cells(result)]
    width = len(HEADINGS) if result.input_shapes else 4
    return headings[:width], [row[:width] for row in rows]


def _cells(row: Row) -> list[str]:
    size = f"{row.parameters:,}"
    count = f"({size})" if row.tied_to is not None else size
    first = "loss" if "loss" in row.counts else "forward"
    amounts = [f"{row.amount(first, k):,}" for k in ("mac", "flop", "cheap", "trans")]
    numbers = [*amounts, f"{row.backward.get('flop', 0):,}", f"{row.amount('optimizer'):,}"]
    return [
        row.name,
        row.operator,
        "" if row.output_shape is None else shape_text(row.output_shape),
        count,
        *(numbers if row.known else ["?"] * len(numbers)),
        f"{row.saved_bytes:,}",
        f"{row.moved_bytes:,}",
        "" if row.intensity is None else f"{row.intensity:.2f}",
    ]


def _total_cells(result: CostResult) -> list[str]:
    """The total of the rows: with the loss, if there is one."""
    total = {
        kind: sum(row.amount(p, kind) for row in result.rows for p in ("forward", "loss"))
        for kind in ("mac", "flop", "cheap", "trans")
    }
    least = "" if result.complete else "≥ "
    backward = sum(row.backward.get("flop", 0) for row in result.rows)
    numbers = [*total.values(), backward, result.operations("optimizer")]
    return [
        render("total") if result.complete else render("total, at least"),
        "",
        "",
        f"{result.totals['parameters']['total']:,}",
        *(f"{least}{number:,}" for number in numbers),
        f"{sum(row.saved_bytes for row in result.rows):,}",
        f"{sum(row.moved_bytes for row in result.rows):,}",
        "",
    ]
