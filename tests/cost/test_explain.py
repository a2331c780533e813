"""The formulas with their numbers, in a terminal that is narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.support import ask

from backprove import Linear, messages
from backprove.cost import cost, explain
from backprove.cost.frameworks import cost_of_file
from backprove.cost.table import summed


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


def test_what_a_framework_executed_has_a_line_for_each_kind() -> None:
    ask("torch")
    place = f"{Path(__file__).parent / 'networks' / 'nets_torch.py'}::conv"
    found = cost_of_file(place, "2,3,8,8", optimizer="sgd", convention="strict")
    lines = explain.explain(found).splitlines()
    for line in (
        "  parameters: 4 * 3 * 3 * 3 + 4 = 112",
        "  forward, relu: relu x 288: 288 cheap",
        "  forward, addmm: 2 x 144 x 5; bias 2 x 5: 1,440 multiply-adds, 2,880 FLOP",
        "  backward: db, sum: 10 - 5: 5 FLOP",
        "  optimizer, FLOP: 2 * 112 = 224",
    ):
        assert line in lines
    for row in found.rows:
        for passed, counted in row.counts.items():
            steps = [step.counts for step in row.steps if step.passed == passed]
            assert summed(steps) == counted or passed == "optimizer"
