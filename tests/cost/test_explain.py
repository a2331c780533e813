"""The formulas with their numbers, in a terminal that is narrow."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from backprove import Linear, messages
from backprove.cost import cost, explain


@pytest.mark.parametrize("language", ["en", "zh"])
def test_long_lines_go_on_below(monkeypatch, language) -> None:
    messages.choose_language(language)
    try:
        found = cost(Linear(784, 100), 784, batch_size=64)
        whole = explain.explain(found)
        monkeypatch.setattr(explain, "screen_width", lambda: 44)
        narrow = explain.explain(found)
    finally:
        messages.choose_language("auto")
    assert max(map(cell_len, whole.splitlines())) > 44 >= max(map(cell_len, narrow.splitlines()))
    assert narrow.split() == whole.split()
