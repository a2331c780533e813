"""Amounts of compute, in the terms of the field.

* mac    one multiply and one add that belong to a dot product
* flop   one add, subtract, multiply or divide, those of the dot products included
* cheap  compare, select, max, min, sign, abs, cast
* trans  exp, log, sqrt, rsqrt, tanh, erf, pow
* random one draw

This is the strict convention: every operation of the written formula. A dot product of length k
has k multiplies and k - 1 adds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from math import prod


@dataclass(frozen=True)
class Count:
    """A number of operations of each kind. Counts add up and scale by whole numbers."""

    mac: int = 0
    flop: int = 0
    cheap: int = 0
    trans: int = 0
    random: int = 0

    def __add__(self, other: Count) -> Count:
        return Count(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def __mul__(self, factor: int) -> Count:
        return Count(*(getattr(self, f.name) * factor for f in fields(self)))

    __rmul__ = __mul__


@dataclass(frozen=True)
class Cost:
    """The compute of one operator: its forward, and its backward a gradient at a time.

    The keys of `backward` are "d" and the name of the input or parameter: "dx", "dweight".
    """

    forward: Count = field(default_factory=Count)
    backward: dict[str, Count] = field(default_factory=dict)

    def total_backward(self, *, input_grad: bool = True, inputs: tuple[str, ...] = ("x",)) -> Count:
        """All gradients together; without those of the inputs if `input_grad` is False."""
        skipped = set() if input_grad else {f"d{name}" for name in inputs}
        kept = (count for name, count in self.backward.items() if name not in skipped)
        return sum(kept, start=Count())


def matmul(rows: int, inner: int, columns: int) -> Count:
    """The product of (rows, inner) and (inner, columns): dot products of length `inner`."""
    mac = rows * inner * columns
    return Count(mac=mac, flop=max(2 * mac - rows * columns, 0))


def elements(shape: tuple[int, ...]) -> int:
    """The number of elements of a shape."""
    return prod(shape)
