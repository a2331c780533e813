"""What the data themselves say, before any training: scale, kinds of columns, labels, signal."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec
import numpy as np

from backprove.doctor.row_facts import conflicting_share, look_like_labels, shuffledness
from backprove.doctor.signal import signal_score

Kind = Literal["classes", "binary", "labels", "real"]

ROWS = 2000
"""At most so many rows are looked at."""


class Facts(msgspec.Struct, frozen=True):
    """Facts about inputs x (N, D) and targets y of one training set.

    kind: "classes" (one of C), "binary" (one column of 0 and 1), "labels" (several columns of 0
    and 1), "real". center and scale are the root mean squares over columns of their mean and
    standard deviation; `widest`/`narrowest` the largest and smallest deviation of a column that
    is not constant. integers: real targets that are a few whole numbers from 0 on, such as digits.
    """

    rows: int
    columns: int
    kind: Kind
    x_finite: bool
    y_finite: bool
    center: float
    scale: float
    widest: float
    narrowest: float
    constant: int
    duplicate: int
    y_low: float
    y_high: float
    y_mean: float
    y_std: float
    y_rms: float
    y_columns: int
    classes: int
    shares: list[float]
    runs: float
    conflicts: float
    signal: float
    signal_limit: float
    integers: bool = False

    @property
    def imbalance(self) -> float:
        """The largest share of a class divided by the smallest."""
        return max(self.shares) / min(self.shares) if self.shares else 1.0

    @property
    def two_valued(self) -> bool:
        """Whether the targets are one column that holds two different numbers and no other."""
        spread = (self.y_mean - self.y_low) * (self.y_high - self.y_mean)
        one = self.y_columns == 1 and self.y_low < self.y_high
        return one and math.isclose(self.y_std**2, spread, rel_tol=1e-9)

    @property
    def has_signal(self) -> bool:
        """Whether a simple reader predicts rows it has not seen better than by chance."""
        return self.signal > self.signal_limit


def facts(x: Any, y: Any, kind: Kind | None = None) -> Facts:
    """The facts about a training set; `kind` is found out from the targets unless given."""
    rows = np.linspace(0, len(x) - 1, min(len(x), ROWS)).astype(int)
    inputs = np.asarray(x)[rows].reshape(len(rows), -1).astype(np.float64)
    target = np.asarray(y)[rows]
    kind = kind or target_kind(target)
    values = columns_of(target, kind)
    finite = bool(np.all(np.isfinite(inputs)))
    y_finite = bool(np.all(np.isfinite(values)))
    signal, limit = (0.0, 0.0) if not (finite and y_finite) else signal_score(inputs, values, kind)
    return Facts(
        rows=len(x), columns=inputs.shape[1], kind=kind, x_finite=finite, y_finite=y_finite,
        **_input_facts(inputs), **_target_facts(values, kind),
        runs=shuffledness(values, kind), conflicts=conflicting_share(inputs, values, kind),
        signal=signal, signal_limit=limit, integers=look_like_labels(target, kind),
    )  # fmt: skip


def target_kind(y: np.ndarray) -> Kind:
    """Whether targets are class numbers, 0 and 1, several columns of these, or real numbers."""
    whole = y.dtype.kind in "iub" or bool(np.all(y == np.round(y)))
    flat = y.reshape(len(y), -1)
    if y.ndim > 1 and flat.shape[1] > 1:
        ones = bool(np.all(np.isin(flat, (0, 1))))
        if ones and bool(np.all(flat.sum(axis=1) == 1)):
            return "classes"
        return "labels" if ones else "real"
    if bool(np.all(np.isin(flat, (0, 1)))) and y.dtype.kind == "f":
        return "binary"
    return "classes" if whole and y.dtype.kind in "iub" else "real"


def columns_of(y: np.ndarray, kind: Kind) -> np.ndarray:
    """Targets as (N,) class numbers, or as (N, K) real columns."""
    flat = y.reshape(len(y), -1)
    if kind == "classes":
        numbers = flat.argmax(axis=1) if flat.shape[1] > 1 else flat[:, 0]
        return np.asarray(numbers.astype(np.int64))
    return np.asarray(flat.astype(np.float64))


def _input_facts(x: np.ndarray) -> dict[str, Any]:
    with np.errstate(all="ignore"):
        mean, std = x.mean(axis=0), x.std(axis=0)
    size = np.maximum(np.abs(mean), np.abs(x).max(axis=0, initial=0.0))
    varies = std > 1e-9 * np.maximum(size, 1e-300)
    moving = std[varies]
    known = len({column.tobytes() for column in x[:, varies].T})
    return {
        "center": float(np.sqrt(np.mean(mean**2))),
        "scale": float(np.sqrt(np.mean(std**2))),
        "widest": float(moving.max(initial=0.0)),
        "narrowest": float(moving.min(initial=math.inf)),
        "constant": int((~varies).sum()),
        "duplicate": int(varies.sum() - known),
    }


def _target_facts(y: np.ndarray, kind: Kind) -> dict[str, Any]:
    shares: list[float] = []
    if kind == "classes":
        _, counts = np.unique(y, return_counts=True)
        shares = (counts / counts.sum()).tolist()
    elif kind == "binary":
        share = float(np.mean(y))
        shares = [s for s in (1 - share, share) if s > 0]
    counted = kind == "classes" or look_like_labels(y, kind)
    classes = int(y.max()) + 1 if counted else 2 if kind == "binary" else 0
    values = y.astype(np.float64).reshape(len(y), -1)
    return {
        "y_low": float(values.min()), "y_high": float(values.max()),
        "y_mean": float(values.mean()), "y_std": float(np.sqrt(np.mean(values.var(axis=0)))),
        "y_rms": float(np.sqrt(np.mean(values**2))), "y_columns": values.shape[1],
        "classes": classes, "shares": shares,
    }  # fmt: skip
