"""Right numbers in the wrong places: transposed, or not summed over the batch as they must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from backprove.check.precision import Wide
from backprove.check.recognise import Run, near
from backprove.check.trial import Trial

CLOSE = 1e-9
Candidate = Callable[[Trial, Any], Any]


def arranged(runs: Sequence[Run], name: str) -> tuple[str, str] | None:
    """The code and the formula that explain a gradient throughout; None if nothing does."""
    for code, fits, candidate in _CANDIDATES:
        if (code == "GRD005" or name.startswith("d:")) and _explains(runs, name, candidate):
            return code, fits
    return None


def _explains(runs: Sequence[Run], name: str, candidate: Candidate) -> bool:
    """Whether every gradient in float64 is what the formula gives, and not what is right."""
    differs = False
    with np.errstate(all="ignore"):
        for trial, outcome in runs:
            found = outcome.get("arrays", {}).get(name)
            usable = trial.dtype == "float64" and name in trial.expected and trial.dy.size
            if found is None or not usable:
                continue
            right = trial.expected[name].low
            wanted, found = candidate(trial, right), np.asarray(found).astype(Wide)
            if wanted is None or not near(found, wanted, CLOSE):
                return False
            differs |= not near(found, right, CLOSE)
    return differs


def _transposed(trial: Trial, right: Any) -> Any:
    return right.T if right.ndim == 2 else None


def _each(trial: Trial, right: Any) -> Any:
    """The part of each row: of a bias the upstream gradient, of a weight its product with x."""
    x, dy = np.asarray(trial.inputs[0]).astype(Wide), np.asarray(trial.dy).astype(Wide)
    if x.ndim < 1 or dy.ndim < 1 or x.shape[:-1] != dy.shape[:-1]:
        return None
    parts = dy if right.size == dy.shape[-1] else x[..., :, None] * dy[..., None, :]
    if parts.size != dy.size // dy.shape[-1] * right.size:
        return None
    parts = parts.reshape(*dy.shape[:-1], *right.shape)
    total = parts.reshape(-1, *right.shape).sum(0)
    return parts if near(total, right, CLOSE) else None


def _sample(number: int) -> Candidate:
    def candidate(trial: Trial, right: Any) -> Any:
        parts = _each(trial, right)
        if parts is None or parts.ndim == right.ndim:
            return parts
        return parts.reshape(-1, *right.shape)[number]

    return candidate


_CANDIDATES: tuple[tuple[str, str, Candidate], ...] = (
    ("GRD005", "the transpose", _transposed),
    ("GRD006", "no sum over the batch", _each),
    ("GRD006", "the first sample alone", _sample(0)),
    ("GRD006", "the last sample alone", _sample(-1)),
)
