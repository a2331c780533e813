"""Logged values as JSON can hold them: NaN and infinity become the texts "nan", "inf", "-inf"."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_TEXTS = ("nan", "inf", "-inf")


def to_plain(value: Any) -> Any:
    """Numbers, lists and dictionaries of plain Python types, ready for JSON."""
    if isinstance(value, dict):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(v) for v in value]
    if isinstance(value, np.ndarray | np.generic):
        return to_plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def from_plain(value: Any) -> Any:
    """What `to_plain` was given."""
    if isinstance(value, dict):
        return {k: from_plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [from_plain(v) for v in value]
    return float(value) if isinstance(value, str) and value in _TEXTS else value


def is_number(value: Any) -> bool:
    """Whether a logged value is one number, not a table, a text or nothing."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
