"""History: the best epoch, JSON and back, the table, the page."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from backprove.errors import DataError, UsageError
from backprove.messages import choose_language
from backprove.train.history import History
from backprove.train.history_chart import ticks

LOSSES = [0.5, 0.3, 0.2, 0.25, 0.2]


@pytest.fixture(autouse=True, params=["en", "zh"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    choose_language(request.param)
    yield request.param
    choose_language("auto")


def made(epochs: int = 5, losses: list[float] = LOSSES) -> History:
    records = [
        {
            "epoch": i + 1,
            "step": 938 * (i + 1),
            "loss": 2.0 / (i + 1),
            "accuracy": 0.9 + 0.01 * i,
            "learning_rate": 1e-3,
            "val_loss": losses[i % len(losses)],
            "val_accuracy": 1 - losses[i % len(losses)],
            "seconds": 1234.5,
        }
        for i in range(epochs)
    ]
    return History(records, [2.0 / (1 + i) for i in range(20 * epochs)])


def test_best_is_the_first_epoch_of_the_best_value() -> None:
    history = made()
    assert history.best()["epoch"] == 3
    assert history.best("val_accuracy")["epoch"] == 3
    assert history.best("loss")["epoch"] == 5
    assert history.best("seconds", "min")["epoch"] == 1
    assert history.best("val_loss", "max")["epoch"] == 1


def test_best_passes_over_nan_and_missing_values() -> None:
    history = made(3, [math.nan, 0.4, 0.3])
    del history.records[2]["val_loss"]
    assert history.best()["epoch"] == 2
    assert history["val_loss"][1:] == [0.4, None]
    history.records[1]["val_loss"] = math.nan
    with pytest.raises(DataError, match="val_loss"):
        history.best()


def test_unknown_names_and_modes_are_refused() -> None:
    for wrong in (lambda: made().best("val_los"), lambda: made()["val_los"]):
        with pytest.raises(UsageError, match="'val_loss'"):
            wrong()
    with pytest.raises(UsageError, match="'max'"):
        made().best("val_loss", "maximum")
    with pytest.raises(UsageError, match="mode='max'"):
        made().best("seconds")
    with pytest.raises(DataError):
        History().best()


def test_names_put_training_before_validation() -> None:
    names = made().names()
    assert names == [
        "epoch", "step", "loss", "accuracy", "val_loss", "val_accuracy", "learning_rate", "seconds",
    ]  # fmt: skip
    assert len(made(7)) == 7 and len(History()) == 0


numbers = st.floats() | st.integers(-(2**53), 2**53)
records = st.dictionaries(st.text(max_size=8), numbers | st.lists(st.lists(numbers)), max_size=5)


@given(records=st.lists(records, max_size=4), losses=st.lists(st.floats(), max_size=9))
def test_json_and_back(records: Any, losses: Any) -> None:
    history = History(records, losses)
    text = json.dumps(history.to_dict(), allow_nan=False)
    again = History.from_dict(json.loads(text))
    assert repr([again.records, again.step_losses]) == repr([records, losses])


@pytest.mark.parametrize("wrong", [None, [], {"record": []}, {"records": [1]}, {"step_losses": 3}])
def test_from_dict_refuses_anything_else(wrong: Any) -> None:
    with pytest.raises(DataError, match=r"History\.to_dict"):
        History.from_dict(wrong)


def test_the_table_has_one_width_and_marks_the_best(language: str) -> None:
    lines = repr(made()).splitlines()
    assert len(lines) == 8
    ends = [
        [cell_len(line[: m.end()]) for m in re.finditer(r"[\d.,]+", line)] for line in lines[2:7]
    ]
    assert all(row == ends[0] for row in ends)
    assert "1,876" in lines[3] and "1,234.5" in lines[3]
    marked = [line.count("*") for line in lines[2:7]]
    assert marked == [0, 0, 2, 0, 2]
    assert "0.2000*" in lines[4] and "0.8000*" in lines[4]
    first = lines[0].split()
    assert first[:3] == (
        ["epoch", "step", "loss"] if language == "en" else ["回合", "迭代步", "损失"]
    )
    assert ("验证准确率" if language == "zh" else "val accuracy") in lines[0]


def test_a_long_table_keeps_the_first_last_and_best_epochs() -> None:
    losses = [abs(i - 30) / 10 + 0.1 for i in range(100)]
    lines = repr(made(100, losses)).splitlines()
    assert len(lines) < 25
    shown = [line.split()[0] for line in lines[2:-1]]
    assert shown[:5] == ["1", "2", "3", "4", "5"] and shown[-1] == "100"
    assert shown.count("...") == 2 and "31" in shown


def test_values_of_every_size_fit() -> None:
    history = History([{"epoch": 1, "loss": 1e-9, "mae": 3e7, "r2": math.nan, "f1_micro": 0.0}])
    assert all(text in repr(history) for text in ("1.000e-09", "3.000e+07", "nan", "0.0000"))
    history.records[0]["confusion_matrix"] = [[1, 0], [0, 1]]
    assert "confusion" not in repr(history)
    assert len(repr(History()).splitlines()) == 1


class Page(HTMLParser):
    """Collects the tags and the text of a page, and whether every tag is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.cells: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        self.tags.append((tag, dict(attrs)))
        if tag == "td":
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["td"]:
            self.cells[-1] += data


def test_the_page_holds_the_table_and_loads_nothing(language: str) -> None:
    text = made()._repr_html_()
    page = Page(text)
    assert len(page.cells) == 5 * 8
    assert sum("*" in cell for cell in page.cells) == 4
    assert dict(page.tags)["div"] is not None
    assert page.tags[0][1]["lang"] == ("en" if language == "en" else "zh-CN")
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in page.tags}
    assert "http" not in text and "url(" not in text
    assert "prefers-color-scheme:dark" in text


def curve(text: str) -> Any:
    return ElementTree.fromstring(text[text.index("<svg") : text.index("</svg>") + 6])


def test_the_chart_draws_both_curves_and_names_its_axes(language: str) -> None:
    svg = curve(made()._repr_html_())
    lines = [e.attrib for e in svg.iter("polyline")]
    assert [len(a["points"].split()) for a in lines] == [100, 5, 5]
    words = [e.text for e in svg.iter("text")]
    expected = ["epoch", "loss", "validation"] if language == "en" else ["回合", "损失", "验证"]
    assert set(expected) <= set(words)
    assert len(list(svg.iter("circle"))) == 5 and len(list(svg.iter("rect"))) == 5
    heights = [float(p.split(",")[1]) for p in lines[2]["points"].split()]
    order = sorted(range(5), key=lambda i: (-heights[i], i))
    assert order[:2] == [2, 4] and order[-1] == 0


def test_everything_drawn_lies_inside_the_picture() -> None:
    losses = [1e6, 3.0, math.nan, math.inf, 2.0]
    history = made(5, losses)
    history.step_losses = [1e9] + [2.0] * 998 + [math.nan]
    svg = curve(history._repr_html_())
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    for line in svg.iter("polyline"):
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width and 0 <= y <= height


@pytest.mark.parametrize(
    "history",
    [
        History(),
        History([{"epoch": 1, "step": 3, "loss": 0.5}]),
        History([{"epoch": 1, "step": 3, "loss": 0.0, "val_loss": 0.0}], [0.0, 0.0, 0.0]),
        History([{"epoch": 1, "step": 3, "loss": math.nan}], [math.nan]),
        History([{"epoch": 2, "step": 3, "loss": -4.0, "val_loss": -3.0}]),
        History([], [3.0, 2.0]),
        History([], [3.0]),
    ],
)
def test_small_and_odd_histories_have_a_page(history: History) -> None:
    page = Page(history._repr_html_())
    drawn = any(tag == "svg" for tag, _ in page.tags)
    finite = [*history.step_losses, *(r["loss"] for r in history.records)]
    assert drawn == any(map(math.isfinite, finite))


def test_names_from_outside_are_escaped() -> None:
    bad = "<script>alert(1)</script>"
    text = History([{"epoch": 1, "loss": 1.0, bad: 2.0, "val_" + bad: 1.0}])._repr_html_()
    assert "<script" not in text and "&lt;script&gt;" in text


@given(low=st.floats(-1e3, 1e3), width=st.floats(1e-3, 1e6))
def test_ticks_are_round_and_few(low: float, width: float) -> None:
    found = ticks(low, low + width)
    assert 2 <= len(found) <= 8
    assert all(low - 1e-6 * width <= t <= low + width * (1 + 1e-6) + 1e-9 for t in found)
    assert all(t == round(t) for t in ticks(0.0, max(width, 1.5), whole=True))
