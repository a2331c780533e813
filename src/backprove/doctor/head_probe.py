"""What the loss does with given answers: tested without training, on made-up outputs.

    best       the smallest loss that answers within the reach of the output layer can have
    free       the same for answers without that limit
    constant   the smallest loss of one constant answer for all rows, within the reach: the mean
               target, the shares of the classes, or what fits single rows best
    blind      whether the loss stays the same when the targets are put in another order: it does
               not see which target belongs to which row (a broadcast)
    safe       whether the loss of very large answers is a number
    flat       whether all answers cost the same, so that there is nothing to learn from
    additive   loss of both halves together relative to the loss of all rows: about 2 for a mean
               over rows, 1 for a sum

A head whose best loss lies near the constant's cannot express the targets, whatever the weights.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backprove.doctor.answers import REACH, shares, wished, within
from backprove.doctor.views import NAN, HeadView

Loss = Callable[[Any, Any], float]

ROWS = 256

MOST = 12
"""At most so many rows are asked for the constant answer that fits them."""

HUGE = np.float32(100.0)
"""Logits of this size are met in ordinary trainings."""


def head_view(loss: Loss, outputs: Any, y: Any, kind: str) -> HeadView:
    """Probe a loss with the shapes of real outputs (N, K) and targets of the same rows.

    kind: the class of the output activation, "" for none.
    """
    out, y = np.asarray(outputs)[:ROWS], np.asarray(y)[:ROWS]
    if out.ndim != 2 or len(out) < 4:
        return HeadView()
    call = _quiet(loss)
    flat = _flat(call, out, y)
    low, high = REACH.get(kind, (-math.inf, math.inf))
    if kind == "Softmax" and out.shape[1] == 1:
        low = high = 1.0
    answers = list(wished(out.shape, y))
    reached = [a for w in answers for a in within(kind, w)]
    means = [np.broadcast_to(a.mean(axis=0), a.shape).astype(out.dtype) for a in reached]
    mean_rows = [np.broadcast_to(shares(out.shape[1], y), out.shape).astype(out.dtype)]
    singles = [np.broadcast_to(a[i], a.shape) for a in reached for i in _different(y)]
    constants = [*means, *(a for s in mean_rows for a in within(kind, s)), *singles]
    return HeadView(
        best=_least(call, reached, y), free=_least(call, [*answers, *reached], y),
        constant=_least(call, constants, y), blind=_blind(call, out, y) and not flat, flat=flat,
        additive=_additive(call, out, y), safe=_safe(call, answers, kind, y),
        units=out.shape[1], low=low, high=high,
    )  # fmt: skip


def _different(y: np.ndarray) -> list[int]:
    """The first row of each target value, of a few evenly spread ones where there are many."""
    _, first = np.unique(y.reshape(len(y), -1), axis=0, return_index=True)
    return [
        int(i) for i in first[np.linspace(0, len(first) - 1, min(len(first), MOST)).astype(int)]
    ]


def _quiet(loss: Loss) -> Loss:
    """The loss, NaN where it refuses the shapes."""

    def call(outputs: Any, y: Any) -> float:
        try:
            with np.errstate(all="ignore"):
                return float(loss(outputs, y))
        except (ArithmeticError, IndexError, TypeError, ValueError):
            return NAN

    return call


def _least(loss: Loss, answers: list[np.ndarray], y: np.ndarray) -> float:
    found = [value for a in answers if math.isfinite(value := loss(a, y))]
    return min(found, default=NAN)


def _flat(loss: Loss, out: np.ndarray, y: np.ndarray) -> bool:
    """Whether drawn answers cost the same as others."""
    drawn = _drawn(out, y)
    a, b = loss(drawn, y), loss(drawn[::-1], y)
    c = loss((0.5 * drawn).astype(drawn.dtype), y)
    return math.isfinite(a) and max(abs(a - b), abs(a - c)) <= 1e-6 * abs(a)


def _blind(loss: Loss, out: np.ndarray, y: np.ndarray) -> bool:
    """Whether turning the targets round leaves the loss of drawn answers as it is."""
    drawn = _drawn(out, y)
    other = np.roll(y, len(y) // 3, axis=0)
    if np.array_equal(other, y):
        return False
    a, b = loss(drawn, y), loss(drawn, other)
    return math.isfinite(a) and abs(a - b) <= 1e-5 * abs(a)


def _additive(loss: Loss, out: np.ndarray, y: np.ndarray) -> float:
    drawn, half = _drawn(out, y), len(out) // 2
    whole = loss(drawn[: 2 * half], y[: 2 * half])
    parts = loss(drawn[:half], y[:half]) + loss(drawn[half : 2 * half], y[half : 2 * half])
    return parts / whole if whole else NAN


def _safe(loss: Loss, wished: list[np.ndarray], kind: str, y: np.ndarray) -> bool:
    """Whether the loss is finite for sure answers within the reach, right and wrong ones."""
    sure = [sign * HUGE * (2 * w - 1) for w in wished[:1] for sign in (1, -1)]
    return all(math.isfinite(loss(a, y)) for s in sure for a in within(kind, s))


def _drawn(out: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Drawn answers of the shape of the outputs: between 0.05 and 0.95, which every loss takes.

    For targets beyond 0 and 1 they spread as widely as these, so that rounding hides nothing.
    """
    drawn = np.random.default_rng(0).uniform(0.05, 0.95, size=out.shape)
    if y.dtype.kind == "f":
        low, high = min(0.0, float(y.min())), max(1.0, float(y.max()))
        drawn = low + (high - low) * drawn
    return drawn.astype(np.float32)
