"""Tables: right in both alphabets, in any width, and safe as HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backprove.tables import html_table, text_table, wrap

HEADINGS = ["quantity", "数量", "value"]
ROWS = [["parameters of the net", "一千", "1.5"], ["乘加次数", "2,000", "-3"]]


def test_columns_stand_under_their_headings() -> None:
    assert text_table(HEADINGS, ROWS, right=(2,)).splitlines() == [
        "quantity               数量   value",
        "-" * 35,
        "parameters of the net  一千     1.5",
        "乘加次数               2,000     -3",
    ]


@pytest.mark.parametrize("width", range(20, 60))
def test_no_line_is_wider_than_the_terminal_and_nothing_is_lost(width) -> None:
    text = text_table(HEADINGS, ROWS, width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    for cell in ("一千", "2,000", "1.5", "-3"):
        assert cell in text
    assert text.replace("\n", "").replace(" ", "").count("乘加次数") >= 1


@given(st.text(alphabet="ab 中文", max_size=60), st.integers(4, 30))
def test_wrapping_keeps_the_text(text, width) -> None:
    lines = wrap(text, width)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    longest = max([len(w) for w in text.split()] or [0])
    if longest * 2 <= width:
        assert all(cell_len(line) <= width for line in lines)


def test_html_escapes_every_cell() -> None:
    found = html_table(["<b>"], [["<script>"]])
    assert "<script>" not in found and "&lt;script&gt;" in found and "&lt;b&gt;" in found
