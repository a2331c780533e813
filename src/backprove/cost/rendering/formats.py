"""The tables of a count, put together for a terminal, a notebook and a page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from backprove.cost.rendering import operators, totals
from backprove.cost.rendering.notes import notes, title
from backprove.cost.table import CostResult
from backprove.cost.timing import view
from backprove.tables import html_table, markdown_table, paragraph, text_table


@dataclass(frozen=True)
class Table:
    """Headings and rows, the columns of numbers, and whether the last row is a total."""

    headings: list[str]
    rows: list[list[str]]
    right: tuple[int, ...]
    total: bool = False


def text(result: CostResult) -> str:
    """The tables for a terminal."""
    shown = [text_table(t.headings, t.rows, t.right, t.total) for t in tables(result)]
    return "\n\n".join([paragraph(title(result)), *shown, *map(paragraph, notes(result))])


def html(result: CostResult) -> str:
    """The tables for a notebook."""
    shown = [html_table(t.headings, t.rows, t.right) for t in tables(result)]
    above, *below = (f"<p>{escape(one)}</p>" for one in [title(result), *notes(result)])
    return "".join([above, *shown, *below])


def markdown(result: CostResult) -> str:
    """The tables for a page in Markdown."""
    shown = [markdown_table(t.headings, t.rows, t.right) for t in tables(result)]
    return "\n\n".join([title(result), *shown, *notes(result)])


def tables(result: CostResult) -> list[Table]:
    """Operators, and as far as they are known passes, memory and times."""
    found = [Table(*operators.cells(result), operators.RIGHT, total=True)]
    if result.totals["operations"]:
        found.append(Table(*totals.operation_cells(result), totals.RIGHT))
    if result.totals["memory"]:
        found.append(Table(*totals.memory_cells(result), (1,)))
    if result.step is not None:
        found.append(Table(*view.cells(result), view.RIGHT, total=True))
    return found
