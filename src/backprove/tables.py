"""Tables as text, HTML and Markdown. A Chinese character is two cells wide.

In a terminal that is too narrow, a text table is cut into several, each with the first column;
a first column that is still too wide is wrapped.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from html import escape

from rich.cells import cell_len

Cells = Sequence[Sequence[str]]
GAP = 2
NARROWEST = 10


def screen_width() -> int | None:
    """The width of the terminal that standard output goes to; None for a file or pipe."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def text_table(
    headings: Sequence[str],
    rows: Cells,
    right: Sequence[int] = (),
    rule_before_last: bool = False,
    width: int | None = None,
) -> str:
    """Columns under their headings, two spaces apart. `right` lists the columns of numbers."""
    table = [list(headings), *(list(row) for row in rows)]
    widths = [max(cell_len(row[i]) for row in table) for i in range(len(headings))]
    limit = width or screen_width() or sum(widths) + GAP * len(widths)
    room = max(limit - GAP - max(widths[1:], default=0), NARROWEST)
    widths[0] = min(widths[0], room)
    blocks = [
        _block(table, group, widths, right, rule_before_last) for group in _groups(widths, limit)
    ]
    return "\n\n".join(blocks)


def _groups(widths: Sequence[int], limit: int) -> list[list[int]]:
    """The columns of each block: the first one, and as many others as fit."""
    groups, used = [[0]], widths[0]
    for i in range(1, len(widths)):
        if used + GAP + widths[i] > limit and len(groups[-1]) > 1:
            groups.append([0])
            used = widths[0]
        groups[-1].append(i)
        used += GAP + widths[i]
    return groups


def _block(
    table: Cells, group: Sequence[int], widths: Sequence[int], right: Sequence[int], rule: bool
) -> str:
    chosen = [widths[i] for i in group]
    lines = [_lines([row[i] for i in group], chosen, group, right) for row in table]
    line = "-" * (sum(chosen) + GAP * (len(group) - 1))
    lines.insert(1, [line])
    if rule:
        lines.insert(len(lines) - 1, [line])
    return "\n".join(text for row in lines for text in row)


def _lines(
    cells: Sequence[str], widths: Sequence[int], group: Sequence[int], right: Sequence[int]
) -> list[str]:
    """A row; its first cell may need several lines, the others stand on the last of them."""
    *before, last = wrap(cells[0], widths[0])
    parts = [last, *cells[1:]]
    padded = (_pad(c, w, i in right) for c, w, i in zip(parts, widths, group, strict=True))
    return [*before, (" " * GAP).join(padded).rstrip()]


def _pad(text: str, width: int, right: bool) -> str:
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def wrap(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` cells, broken at spaces and between Chinese signs."""
    lines = [""]
    for word in re.findall(r"[\u2e80-\uffef]|[^\s\u2e80-\uffef]+\s*|\s+", text):
        if lines[-1] and cell_len(lines[-1]) + cell_len(word.rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += word
    return [*lines[:-1], lines[-1].rstrip()]


def paragraph(text: str) -> str:
    """A sentence, wrapped for the terminal that it is printed to."""
    width = screen_width()
    return text if width is None else "\n".join(wrap(text, width))


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


def markdown_table(headings: Sequence[str], rows: Cells, right: Sequence[int] = ()) -> str:
    """The same in Markdown; a bar within a cell is escaped."""
    rule = ["---:" if i in right else "---" for i in range(len(headings))]
    lines = [headings, rule, *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
