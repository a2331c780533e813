"""Whole numbers that remember how they arose.

An operator's `cost` is given lengths that are `Worked`; what it computes with them reads
"64 * 784 * 1,500". So the formula that is shown is the one that was used.
"""

from __future__ import annotations

from typing import Any

SUM, PRODUCT, ATOM = 0, 1, 2


class Worked(int):
    """A whole number with the text of its arithmetic."""

    text: str
    rank: int

    def __new__(cls, value: int, text: str = "", rank: int = ATOM) -> Worked:
        made = super().__new__(cls, value)
        made.text, made.rank = text or f"{int(value):,}", rank
        return made

    def __add__(self, other: int) -> Worked:
        return _sum(self, other, "+")

    def __radd__(self, other: int) -> Worked:
        return _sum(other, self, "+")

    def __sub__(self, other: int) -> Worked:
        return _sum(self, other, "-")

    def __rsub__(self, other: int) -> Worked:
        return _sum(other, self, "-")

    def __mul__(self, other: int) -> Worked:
        return _product(self, other)

    def __rmul__(self, other: int) -> Worked:
        return _product(other, self)

    def __floordiv__(self, other: int) -> Worked:
        a, b = _text(self, PRODUCT), _text(other, ATOM)
        return Worked(int(self) // int(other), f"{a} / {b}", PRODUCT)


def worked(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape with lengths that remember."""
    return tuple(Worked(n) for n in shape)


def text_of(value: int) -> str:
    """How a number arose; the number itself where nothing was computed."""
    return value.text if isinstance(value, Worked) else f"{value:,}"


def _text(value: int, rank: int) -> str:
    """The text, in brackets where it binds less than `rank`."""
    text = text_of(value)
    return f"({text})" if isinstance(value, Worked) and value.rank < rank else text


def _sum(a: int, b: int, sign: str) -> Worked:
    value = int(a) + int(b) if sign == "+" else int(a) - int(b)
    if int(b) == 0:
        return _as_worked(a)
    if int(a) == 0 and sign == "+":
        return _as_worked(b)
    return Worked(value, f"{text_of(a)} {sign} {_text(b, PRODUCT if sign == '-' else SUM)}", SUM)


def _product(a: int, b: int) -> Worked:
    if int(a) == 1:
        return _as_worked(b)
    if int(b) == 1:
        return _as_worked(a)
    if int(a) == 0 or int(b) == 0:
        return Worked(0)
    return Worked(int(a) * int(b), f"{_text(a, PRODUCT)} * {_text(b, PRODUCT)}", PRODUCT)


def _as_worked(value: Any) -> Worked:
    return value if isinstance(value, Worked) else Worked(value)
