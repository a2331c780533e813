"""The loss curves of a history as a small SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backprove.messages import render
from backprove.train.plain import is_number

if TYPE_CHECKING:
    from backprove.train.history import History

Points = list[tuple[float, float]]
_WIDTH, _HEIGHT = 680, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 34, 46
_POINTS = 300


class _Frame(NamedTuple):
    """The ranges of the two axes, and where a value lies on the page.

    What is higher than the frame is drawn on its edge.
    """

    x: tuple[float, float]
    y: tuple[float, float]

    def place(self, x: float, y: float) -> tuple[float, float]:
        right, low = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = min((y - self.y[0]) / (self.y[1] - self.y[0]), 1.0)
        return _LEFT + across * (right - _LEFT), low - up * (low - _TOP)


def chart(history: History) -> str:
    """Training and validation loss over the epochs; nothing without a finite loss."""
    train, val, steps = _epochs(history, "loss"), _epochs(history, "val_loss"), _steps(history)
    frame = _frame([train, val], steps)
    if frame is None:
        return ""
    unit = render("epoch") if history.records else render("step")
    title = escape(render("Loss of training and validation"))
    curves = (
        _line(frame, steps, 'stroke="var(--train)" stroke-opacity=".5" stroke-width="1"')
        + _line(frame, train, 'stroke="var(--train)" stroke-width="2"')
        + _line(frame, val, 'stroke="var(--val)" stroke-width="2" stroke-dasharray="6 4"')
        + _dots(frame, train, "--train", round_=True)
        + _dots(frame, val, "--val", round_=False)
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">'
        f"<title>{title}</title>{_axes(frame, unit, bool(history.records))}{curves}"
        f"{_legend(bool(train), bool(val), bool(steps))}</svg>"
    )


def _epochs(history: History, name: str) -> Points:
    return [
        (float(record["epoch"]), float(record[name]))
        for record in history.records
        if is_number(record.get(name)) and math.isfinite(record[name])
    ]


def _steps(history: History) -> Points:
    """Step losses as means of up to 300 stretches, placed on the axis of the epochs."""
    losses = np.asarray(history.step_losses, dtype=np.float64)
    if not len(losses):
        return []
    last = history.records[-1] if history.records else {"epoch": 1, "step": 1}
    scale = last["epoch"] / max(last["step"], 1)
    cuts = np.array_split(np.arange(len(losses)), min(_POINTS, len(losses)))
    means = [(float(i.mean() + 1) * scale, float(losses[i].mean())) for i in cuts]
    return [(x, y) for x, y in means if math.isfinite(y)]


def _frame(curves: Sequence[Points], steps: Points) -> _Frame | None:
    points = [p for curve in curves for p in curve]
    heights = [y for _, y in points]
    if steps:
        low, usual, high = np.quantile([y for _, y in steps], [0.0, 0.97, 1.0])
        heights += [float(low), float(high if high < 5 * max([*heights, usual]) else usual)]
    if not heights:
        return None
    low, high = min(heights), max(heights)
    if 0 < low < 0.4 * high:
        low = 0.0
    room = 0.06 * (high - low) or 0.5 * abs(high) or 1.0
    top, bottom = high + room, low - room if low else 0.0
    right = max(x for x, _ in [*points, *steps])
    return _Frame((0.0, 1.02 * right), (bottom, top))


def _line(frame: _Frame, points: Points, style: str) -> str:
    if len(points) < 2:
        return ""
    path = " ".join("{:.1f},{:.1f}".format(*frame.place(x, y)) for x, y in points)
    return f'<polyline points="{path}" fill="none" {style}/>'


def _dots(frame: _Frame, points: Points, colour: str, round_: bool) -> str:
    if len(points) > 40:
        return ""
    shape = '<circle cx="{:.1f}" cy="{:.1f}" r="3.5" fill="var({})"/>'
    if not round_:
        shape = (
            '<rect x="{:.1f}" y="{:.1f}" width="7" height="7" fill="var({})" '
            'transform="translate(-3.5 -3.5)"/>'
        )
    return "".join(shape.format(*frame.place(x, y), colour) for x, y in points)


def _axes(frame: _Frame, unit: str, whole: bool) -> str:
    """Grid lines, numbers and the names of the axes."""
    right, low = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    parts = []
    for value in ticks(*frame.y):
        y = frame.place(0, value)[1]
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{right}" stroke="var(--line)"/>')
        parts.append(_text(_LEFT - 8, y + 4, f"{value:.6g}", "end"))
    for value in ticks(*frame.x, whole=whole):
        x = frame.place(value, frame.y[0])[0]
        parts.append(f'<path d="M{x:.1f} {low}v5" stroke="var(--soft)"/>')
        parts.append(_text(x, low + 20, f"{value:,.6g}", "middle"))
    parts.append(f'<path d="M{_LEFT} {low}H{right}" stroke="var(--soft)"/>')
    parts.append(_text((_LEFT + right) / 2, _HEIGHT - 6, unit, "middle"))
    parts.append(
        f'<text transform="translate(14 {(_TOP + low) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(render('loss'))}</text>"
    )
    return "".join(parts)


def ticks(low: float, high: float, whole: bool = False, most: int = 6) -> list[float]:
    """Round numbers between two bounds, 1, 2 or 5 times a power of ten apart."""
    least = (high - low) / most
    unit = 10.0 ** math.floor(math.log10(least))
    gap = next(m * unit for m in (1.0, 2.0, 5.0, 10.0) if m * unit >= least * (1 - 1e-9))
    gap = max(gap, 1.0) if whole else gap
    first = math.ceil(low / gap - 1e-9)
    return [round(i * gap, 12) for i in range(first, math.floor(high / gap + 1e-9) + 1)]


def _legend(train: bool, val: bool, steps: bool) -> str:
    parts: list[str] = []
    entries: list[tuple[bool, str, str]] = [
        (train, render("training, epoch mean"), 'stroke="var(--train)" stroke-width="2"'),
        (val, render("validation"), 'stroke="var(--val)" stroke-width="2" stroke-dasharray="6 4"'),
        (steps, render("training, by step"), 'stroke="var(--train)" stroke-opacity=".5"'),
    ]
    x = float(_LEFT)
    for shown, label, style in entries:
        if shown:
            parts.append(f'<path d="M{x} 16h24" {style}/>' + _text(x + 30, 20, label, "start"))
            x += 200
    return "".join(parts)


def _text(x: Any, y: Any, label: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(label)}</text>'
