"""The codes of findings with their pages, in either language: python docs/codes.py [en|zh]"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from backprove.codes import CODES
from backprove.pages import heading
from backprove.pages import page as page_of
from docstrings import word

HEADINGS = ("code", "level", "name", "says")


def page(language: str) -> str:
    """A table of all codes, then the page of each."""
    return "\n\n".join([_table(language), *(_entry(code, language) for code in CODES)]) + "\n"


def _table(language: str) -> str:
    rows = ["| " + " | ".join(word(h, language) for h in HEADINGS) + " |", "|---|---|---|---|"]
    for code in CODES.values():
        link = f"[{code.code}](#{code.code.lower()})"
        rows.append(f"| {link} | {code.level} | {code.name} | {heading(code.code, language)} |")
    return "\n".join(rows)


def _entry(code: str, language: str) -> str:
    """A page as a section: its headings become bold lines, so that lists of contents stay short."""
    return f"({code.lower()})=\n" + "\n".join(_lines(page_of(code, language)))


def _lines(text: str) -> Iterator[str]:
    inside = False
    for line in text.rstrip().split("\n"):
        inside ^= line.startswith("```")
        if not inside:
            line = re.sub(r"^# ", "## ", re.sub(r"^## (.*)", r"**\1**", line))
        yield line


if __name__ == "__main__":
    print(page(*(sys.argv[1:] or ["en"])))
