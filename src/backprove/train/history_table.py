"""A history as a table of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backprove.messages import render
from backprove.tables import paragraph, text_table
from backprove.train.history import known_direction
from backprove.train.metrics import METRICS
from backprove.train.plain import is_number

if TYPE_CHECKING:
    from backprove.train.history import History

EMPTY = "no epoch is done yet"
FOOTER = (
    "* best of its column. Training values are taken while the weights move, "
    "val values at the end of the epoch."
)
_LABELS = {
    "epoch": "epoch",
    "step": "step",
    "loss": "loss",
    "accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "learning_rate": "learning rate",
    "seconds": "seconds",
}
_FIRST, _LAST = 5, 12


def heading(name: str) -> str:
    """The heading of a column in the current language: "val accuracy top5"."""
    if name.startswith("val_"):
        return render("val {name}", name=heading(name.removeprefix("val_")))
    if name in _LABELS:
        return render(_LABELS[name])
    for known in METRICS:
        if known in _LABELS and name.startswith(known + "_"):
            return f"{render(_LABELS[known])} {name.removeprefix(known + '_')}"
    return name


def number(name: str, value: Any) -> str:
    """A value as its column shows it; nothing for an epoch without one."""
    if not is_number(value):
        return "" if value is None else str(value)
    if name in ("epoch", "step"):
        return f"{int(value):,}"
    if name == "seconds":
        return f"{value:,.1f}"
    if name == "learning_rate":
        return f"{value:.4g}"
    return f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e4 else f"{value:.3e}"


def columns(history: History) -> list[str]:
    """The names that are shown: those whose values are numbers."""
    return [
        name for name in history.names() if all(is_number(v) or v is None for v in history[name])
    ]


def best_rows(history: History) -> dict[str, int]:
    """The index of the best epoch of every column where it is known what is better."""
    found = {n: history.best_index(n) for n in columns(history) if known_direction(n)}
    return {name: index for name, index in found.items() if index is not None}


def text(history: History) -> str:
    """The table; of a long history the first, the last and the best epochs."""
    if not history.records:
        return render(EMPTY)
    names, best = columns(history), best_rows(history)
    rows: list[list[str]] = []
    before = -1
    for index in _shown(len(history.records), set(best.values())):
        if index > before + 1:
            rows.append(["... " for _ in names])
        before, record = index, history.records[index]
        marks = ("*" if best.get(name) == index else " " for name in names)
        rows.append([number(n, record.get(n)) + mark for n, mark in zip(names, marks, strict=True)])
    titles = [heading(name) + " " for name in names]
    return text_table(titles, rows, right=range(len(names))) + "\n" + paragraph(render(FOOTER))


def _shown(count: int, best: set[int]) -> list[int]:
    if count <= _FIRST + _LAST:
        return list(range(count))
    found = {*range(_FIRST), *range(count - _LAST, count), *best}
    found |= {i for i in range(1, count - 1) if {i - 1, i + 1} <= found}
    return sorted(found)
