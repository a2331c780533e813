"""A count as text, HTML, CSV and Markdown.

formats.py       puts title, tables and notes together
operators.py     the table with a row for each operator
totals.py        the tables of the passes and of the memory; two counts side by side
notes.py         the title, and what the numbers mean
records.py       CSV
"""

from backprove.cost.rendering.formats import html, markdown, text
from backprove.cost.rendering.records import comma_separated
from backprove.cost.rendering.totals import side_by_side

__all__ = ["comma_separated", "html", "markdown", "side_by_side", "text"]
