"""A count as text, HTML, CSV and Markdown."""

from __future__ import annotations

import csv
import io
from typing import Any

from backprove.cost.conventions import NOTES
from backprove.cost.table import CostResult, Row
from backprove.cost.timing import view
from backprove.messages import render
from backprove.tables import html_table, paragraph, text_table

RIGHT = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
"""The columns of numbers."""

COLUMNS = (
    "name,operator,output_shape,parameters,used,trainable,tied_to,known,forward_mac,forward_flop,"
    "forward_cheap,forward_trans,dx_flop,dweight_flop,dbias_flop,backward_flop,loss_flop,"
    "optimizer_flop,optimizer_trans,saved_bytes,moved_bytes,backward_bytes,intensity,"
    "optimizer_bytes,backward_intensity,optimizer_intensity,forward_predicted_s,forward_measured_s,"
    "forward_bound,backward_predicted_s,backward_measured_s,backward_bound,optimizer_predicted_s,"
    "optimizer_measured_s,optimizer_bound,step_predicted_s,step_measured_s"
).split(",")
"""The columns of CSV; they are never translated."""

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
EXECUTED = "counted from the operations that one run executed"
ABSTRACT = "counted from shapes alone: nothing was allocated or run"
MEMORY = {
    "parameters": "parameters",
    "gradients": "gradients",
    "optimizer": "optimizer state",
    "saved": "kept for backward",
    "peak": "peak of a step",
    "compiled_peak": "peak of a compiled step",
}


def text(result: CostResult) -> str:
    """The tables for a terminal."""
    parts = [paragraph(title(result)), text_table(*cells(result), RIGHT, rule_before_last=True)]
    if result.totals["operations"]:
        parts.append(text_table(*operation_cells(result), right=(1, 2, 3, 4, 5)))
    if result.totals["memory"]:
        parts.append(text_table(*memory_cells(result), right=(1,)))
    if result.step is not None:
        parts.append(text_table(*view.cells(result), view.RIGHT, rule_before_last=True))
    return "\n\n".join([*parts, *(paragraph(note) for note in notes(result))])


def html(result: CostResult) -> str:
    """The tables for a notebook."""
    from html import escape

    parts = [f"<p>{escape(title(result))}</p>", html_table(*cells(result), right=RIGHT)]
    if result.totals["operations"]:
        parts.append(html_table(*operation_cells(result), right=(1, 2, 3, 4, 5)))
    if result.totals["memory"]:
        parts.append(html_table(*memory_cells(result), right=(1,)))
    if result.step is not None:
        parts.append(html_table(*view.cells(result), right=view.RIGHT))
    return "".join([*parts, *(f"<p>{escape(note)}</p>" for note in notes(result))])


def markdown(result: CostResult) -> str:
    """The tables for a page in Markdown."""
    parts = [title(result), markdown_table(*cells(result), right=RIGHT)]
    if result.totals["operations"]:
        parts.append(markdown_table(*operation_cells(result), right=(1, 2, 3, 4, 5)))
    if result.totals["memory"]:
        parts.append(markdown_table(*memory_cells(result), right=(1,)))
    if result.step is not None:
        parts.append(markdown_table(*view.cells(result), right=view.RIGHT))
    return "\n\n".join([*parts, *notes(result)])


def comma_separated(result: CostResult) -> str:
    """A row for each operator and one for the total, without units or grouping."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for row in result.rows:
        writer.writerow(_record(row))
    writer.writerow(_total_record(result))
    return stream.getvalue().rstrip("\n")


def title(result: CostResult) -> str:
    """What was counted, at which batch size, in which convention."""
    shapes = ", ".join(map(_shape, result.input_shapes))
    if not shapes:
        return render("{subject}: parameters only", subject=result.subject)
    return render(
        "{subject}, input {shapes}, batch size {batch}, convention {convention}",
        subject=result.subject,
        shapes=shapes,
        batch=result.batch_size,
        convention=result.convention,
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
        "" if row.output_shape is None else _shape(row.output_shape),
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


def notes(result: CostResult) -> list[str]:
    """What the numbers mean."""
    found = [render(NOTES[result.convention])] if result.input_shapes else []
    found += view.notes(result.step) if result.step is not None else []
    unknown = ", ".join(f"{row.name} ({row.operator})" for row in result.rows if not row.known)
    if unknown:
        found.append(
            render("no formula is known for {names}: the totals read at least", names=unknown)
        )
    if "executed" in result.totals:
        run = not result.totals["executed"].get("abstract")
        found.append(render(EXECUTED if run else ABSTRACT))
        if result.totals["executed"]["data_dependent"]:
            found.append(render("its control flow depends on values: other inputs may cost more"))
    runs = ", ".join(f"{row.name} ({row.operator})" for row in result.rows if row.measured)
    if runs:
        found.append(render("counted during a run, without a formula: {names}", names=runs))
    tied = [row for row in result.rows if row.tied_to is not None]
    if tied:
        names = ", ".join(f"{row.name} = {row.tied_to}" for row in tied)
        found.append(
            render(
                "parameters in brackets belong to an earlier layer and are counted there: {names}",
                names=names,
            )
        )
    return found


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


def markdown_table(headings: list[str], rows: list[list[str]], right: Any = ()) -> str:
    """A table in Markdown; a bar within a cell is escaped."""
    rule = ["---:" if i in right else "---" for i in range(len(headings))]
    lines = [headings, rule, *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def _record(row: Row) -> dict[str, Any]:
    record: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("name", "operator", "parameters", "used", "trainable", "known")
    }
    record |= {
        "tied_to": row.tied_to or "",
        "output_shape": "x".join(map(str, row.output_shape or ())),
    }
    sizes = ("saved_bytes", "moved_bytes", "backward_bytes", "optimizer_bytes")
    record |= {name: getattr(row, name) for name in sizes}
    if row.known:
        record |= _amounts(row.counts)
        record["backward_flop"] = row.backward.get("flop", 0)
        record |= _intensities(row)
    for name, time in row.times.items():
        record |= {f"{name}_predicted_s": f"{time.predicted:.4g}", f"{name}_bound": time.bound}
        record[f"{name}_measured_s"] = "" if time.measured is None else f"{time.measured:.4g}"
    return record


def _intensities(row: Row) -> dict[str, str]:
    columns = {"forward": "", "backward": "backward_", "optimizer": "optimizer_"}
    found = {prefix: row.traffic(passed)[1] for passed, prefix in columns.items()}
    return {f"{k}intensity": "" if v is None else f"{v:.6g}" for k, v in found.items()}


def _amounts(counts: dict[str, Any]) -> dict[str, int]:
    found = {f"{p}_{kind}": n for p, c in counts.items() for kind, n in c.items()}
    return {name: n for name, n in found.items() if name in COLUMNS}


def _total_record(result: CostResult) -> dict[str, Any]:
    parameters = result.totals["parameters"]
    moved = result.totals["moved"]
    return {
        "name": "total",
        "parameters": parameters["total"],
        "used": parameters["used"],
        "trainable": parameters["trainable"],
        "known": result.complete,
        "saved_bytes": result.totals["memory"].get("saved", ""),
        "moved_bytes": moved.get("forward", ""),
        "backward_bytes": moved.get("backward", ""),
        "optimizer_bytes": moved.get("optimizer", ""),
        **_amounts(result.totals["operations"]),
        **_step(result),
    }


def _step(result: CostResult) -> dict[str, str]:
    if result.step is None:
        return {}
    times = {"predicted": result.step.predicted, "measured": result.step.measured}
    return {f"step_{name}_s": f"{value:.4g}" for name, value in times.items()}


def _shape(shape: tuple[int, ...]) -> str:
    return str(tuple(shape)).replace(",)", ")")
