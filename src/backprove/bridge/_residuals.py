"""Residuals in two parts: the arrays, which a library keeps in its own way, and the frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from backprove.arrays import FLOATING, dtype_name
from backprove.errors import UsageError

PLAIN = (bool, int, str, bytes, type(None), type)
"""What does not follow small changes of an input: it may be kept without its history."""


@dataclass(frozen=True)
class Slot:
    """The place of an array in the list."""

    index: int


class Frame:
    """The residuals with a slot in the place of every array.

    JAX keeps it as auxiliary data of a tree, which has to be compared and hashed.
    """

    def __init__(self, residuals: Any, is_array: Callable[[Any], bool]) -> None:
        self.arrays: list[Any] = []
        self.others: list[Any] = []
        self._places: dict[int, Slot] = {}
        self._is_array = is_array
        self.content = self._framed(residuals)

    def _framed(self, value: Any) -> Any:
        if self._is_array(value):
            if id(value) not in self._places:
                self._places[id(value)] = Slot(len(self.arrays))
                self.arrays.append(value)
            return self._places[id(value)]
        if type(value) in (dict, list, tuple):
            return _mapped(self._framed, value)
        self.others.append(value)
        return value

    def computed(self, known: Iterable[Any]) -> bool:
        """Whether something may depend on an input without being one, a parameter or the output.

        Its history is lost when it is kept, and with it the second derivative.
        """
        same = {id(x) for x in known}
        floating = [x for x in self.arrays if dtype_name(x) in FLOATING]
        loose = [x for x in self.others if not _fixed(x)]
        return any(id(x) not in same for x in (*floating, *loose))

    def taken(self) -> list[Any]:
        """The arrays, which the frame holds no longer."""
        found, self.arrays, self.others, self._places = self.arrays, [], [], {}
        return found

    def restored(self, arrays: Sequence[Any]) -> Any:
        """The residuals with these arrays."""

        def fill(value: Any) -> Any:
            if isinstance(value, Slot):
                return arrays[value.index]
            return _mapped(fill, value) if type(value) in (dict, list, tuple) else value

        return fill(self.content)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frame) and bool(self.content == other.content)

    def __hash__(self) -> int:
        return hash(Frame)


def _fixed(value: Any) -> bool:
    """Whether it follows no input: plain data, or a shape of a type of its own (torch.Size)."""
    return isinstance(value, PLAIN) or (
        isinstance(value, tuple) and all(isinstance(v, int) for v in value)
    )


def _mapped(function: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, dict):
        return {k: function(v) for k, v in value.items()}
    return type(value)(function(v) for v in value)


def only_once(name: str) -> UsageError:
    """The error for a second derivative through values that forward computed."""
    return UsageError(
        "{cls} keeps values for backward that forward computed, so its second derivative would be "
        "wrong: let backward ask for inputs, parameters and y only, or differentiate once",
        cls=name,
    )
