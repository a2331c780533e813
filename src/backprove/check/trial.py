"""A trial, what is expected of it, and a place where the answer is not that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SMALLER = "smaller case"
"""The purpose of a trial whose arrays were made smaller."""


@dataclass(frozen=True)
class Bound:
    """What an array may be: between `low` and `high`, give or take the `tolerance`.

    `low` and `high` differ at kinks, where anything between the one-sided derivatives is a
    convention. Beyond `rough` an error is a wrong formula, below it a loss of digits. Where
    `free`, nothing is expected; where `special` (at infinity), NaN is a convention.
    """

    low: Any
    high: Any
    tolerance: Any
    rough: Any
    free: Any
    special: Any


@dataclass(frozen=True)
class Trial:
    """Arrays for one run, and what must come out: bounds by the name of the result.

    The names are "y", "d0" for the first input's gradient, "d:weight" for a parameter's. Those in
    `optional` may be missing. `wanted` says whose gradients are asked for: "all" or "parameters".
    Failures of a `group` are told together. `labels` begin a backward that has the loss inside.
    `oracle` says where the bounds come from, `value_oracle` those of the value if elsewhere.
    """

    arguments: dict[str, Any]
    inputs: tuple[Any, ...]
    dy: Any
    expected: dict[str, Bound]
    dtype: str
    values: dict[str, Any] = field(default_factory=dict)
    layout: str = "plain"
    properties: bool = False
    purpose: str = "values"
    optional: frozenset[str] = frozenset()
    wanted: str = "all"
    group: str = ""
    labels: Any = None
    oracle: str = "exact definition"
    value_oracle: str = ""

    def request(self) -> dict[str, Any]:
        """The trial as a worker reads it."""
        return {
            "arguments": self.arguments,
            "inputs": list(self.inputs),
            "values": self.values,
            "dy": self.dy,
            "layout": self.layout,
            "properties": self.properties,
            "wanted": self.wanted,
            "labels": self.labels,
        }


@dataclass(frozen=True)
class Failure:
    """One element of one result that is not what it must be.

    `kind` is "wrong", "imprecise", "not finite", "shape", "missing" or "special".
    """

    trial: Trial
    name: str
    kind: str
    place: tuple[int, ...]
    found: Any
    low: Any
    high: Any
    error: float = 0.0
    ulp: float = 0.0
