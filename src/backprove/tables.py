"""Tables as text of fixed width and as HTML. A Chinese character is two cells wide."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rich.cells import cell_len

Cells = Sequence[Sequence[str]]


def text_table(
    headings: Sequence[str],
    rows: Cells,
    right: Sequence[int] = (),
    rule_before_last: bool = False,
) -> str:
    """Columns under their headings, two spaces apart. `right` lists the columns of numbers."""
    table = [list(headings), *(list(row) for row in rows)]
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(headings))]
    lines = [
        "  ".join(_pad(cell, widths[i], i in right) for i, cell in enumerate(row)).rstrip()
        for row in table
    ]
    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    lines.insert(1, rule)
    if rule_before_last:
        lines.insert(len(lines) - 1, rule)
    return "\n".join(lines)


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def html_table(headings: Sequence[str], rows: Cells, right: Sequence[int] = ()) -> str:
    """The same as an HTML table, every cell escaped."""

    def row(tag: str, cells: Sequence[str]) -> str:
        parts = (
            f'<{tag} style="text-align:{"right" if i in right else "left"}">{escape(cell)}</{tag}>'
            for i, cell in enumerate(cells)
        )
        return "<tr>" + "".join(parts) + "</tr>"

    body = "".join(row("td", cells) for cells in rows)
    return f"<table><thead>{row('th', headings)}</thead><tbody>{body}</tbody></table>"
