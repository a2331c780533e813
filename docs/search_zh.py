"""Search in Chinese pages: text is indexed, and a query cut, in pairs of neighbouring characters.

Sphinx's own search splits Chinese with a dictionary package when it builds the index, but does not
split what a reader types. Pairs need no dictionary and are cut alike on both sides.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.search import SearchLanguage

_RUN = re.compile(r"[\u4e00-\u9fff]+|[A-Za-z0-9_]+")
_SPLIT_QUERY = r"""
var splitQuery = (query) => (query.match(/[\u4e00-\u9fff]+|[A-Za-z0-9_]+/g) || []).flatMap(
  (run) => (/^[\u4e00-\u9fff]{2,}$/.test(run)
    ? Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2))
    : [run]));
"""


def pairs(text: str) -> list[str]:
    """Latin words, and the pairs of neighbours in each run of Chinese characters."""
    found: list[str] = []
    for run in _RUN.findall(text):
        chinese = run[0] > "\u3000" and len(run) > 1
        found += [run[i : i + 2] for i in range(len(run) - 1)] if chinese else [run]
    return found


class SearchPairs(SearchLanguage):
    lang = "zh"
    language_name = "Chinese"
    js_splitter_code = _SPLIT_QUERY

    def split(self, input: str) -> list[str]:
        return pairs(input)

    def stem(self, word: str) -> str:
        return word.lower()


def setup(app: Any) -> dict[str, bool]:
    app.add_search_language(SearchPairs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
