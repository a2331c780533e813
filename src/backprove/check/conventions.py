"""What Paddle, PyTorch and JAX answer at the points where they differ.

The table `conventions.toml` beside this file is measured by `python -m benchmarks conventions`.
Each entry is one operator at one point; the versions that were measured stand in `versions`.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("conventions.toml")
FRAMEWORKS = ("paddle", "torch", "jax")

Answer = float | list[Any] | str | None


@dataclass(frozen=True)
class Entry:
    """One operator at one point.

    op, params   the operator and its parameters; empty: the framework's defaults
    x            the input; a number stands for an array of equal elements
    quantity     "value" or "gradient"; gradients of the sum of y, unless the note says otherwise
    kind         kink: no two-sided derivative exists; smooth: one exists; special: NaN or infinity;
                 denormal; precision: rounding or overflow decides; parameter, default: the meaning
                 of an argument; tie; error: an input that is refused; empty
    paddle ...   what each answers for one element: numbers, "error", "none" where it defines no
                 gradient; None where it has no such operator
    ..._length64 the first of 64 equal elements, where it differs from a lone one
    left, right  one-sided derivatives, where they exist
    exact        the true result rounded to double, where there is one
    agree        all answers are the same (to 1e-9 in float64, 1e-5 in float32)
    bug          a known defect that shows here
    """

    op: str
    x: Any
    quantity: str
    dtype: str
    kind: str
    params: dict[str, Any] = field(default_factory=dict)
    paddle: Answer = None
    torch: Answer = None
    jax: Answer = None
    paddle_length64: Answer = None
    torch_length64: Answer = None
    jax_length64: Answer = None
    left: float | None = None
    right: float | None = None
    exact: Answer = None
    agree: bool = False
    bug: str = ""
    note: str = ""

    def answer(self, framework: str, length: int = 1) -> Answer:
        """What a framework answers for an element of an array of this length, 1 or 64."""
        own: Answer = getattr(self, framework)
        other: Answer = getattr(self, f"{framework}_length64")
        return own if length < 64 or other is None else other

    def at(self, x: Any) -> bool:
        """Whether the entry is about this input; 0 and -0 are two, NaN is itself."""
        return same(self.x, x, exactly=True)


@cache
def table() -> tuple[Entry, ...]:
    """All entries."""
    names = {f.name for f in fields(Entry)}
    return tuple(
        Entry(**{k: v for k, v in entry.items() if k in names}) for entry in _read()["entry"]
    )


@cache
def versions() -> dict[str, str]:
    """The measured version of each framework."""
    return {name: str(_read()["meta"][name]) for name in FRAMEWORKS}


def find(op: str, x: Any = None, quantity: str = "", dtype: str = "", **params: Any) -> list[Entry]:
    """The entries of an operator, at a point and with these parameters if they are given."""
    return [
        entry
        for entry in table()
        if entry.op == op
        and (x is None or entry.at(x))
        and quantity in ("", entry.quantity)
        and dtype in ("", entry.dtype)
        and all(entry.params.get(k) == v for k, v in params.items())
    ]


def same(a: Any, b: Any, tolerance: float = 0.0, exactly: bool = False) -> bool:
    """Whether two answers are the same, NaN counting as itself.

    `tolerance` is relative; `exactly` tells 0 from -0.
    """
    if isinstance(a, list) or isinstance(b, list):
        if not (isinstance(a, list) and isinstance(b, list) and len(a) == len(b)):
            return False
        return all(same(x, y, tolerance, exactly) for x, y in zip(a, b, strict=True))
    if not (isinstance(a, int | float) and isinstance(b, int | float)):
        return bool(a == b)
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if exactly and math.copysign(1.0, a) != math.copysign(1.0, b):
        return False
    return a == b or abs(a - b) <= tolerance * min(abs(a), abs(b))


@cache
def _read() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))
