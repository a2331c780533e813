"""What was timed, and what follows for the sizes between.

A call is timed at the nearest sizes below and above on a grid (powers of two for matrix products,
of four for all else), and the logarithm of the time is interpolated along the logarithm of each
length. Lengths that are `exact`, such as the batch size at hand, are timed as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from backprove.cost.machine.calls import COPY, MATMUL, Call
from backprove.cost.machine.clock import Sample, Timed, sample

ONE = Call("add", "2", "float32", (1,))
SMALL, LARGE = 3 * 2**17, 3 * 2**25
"""The bytes of the working sets that stand for a core's cache and for memory."""
IN_CACHE = 2**14
CUBE = Call(MATMUL, "nn", "float32", (1024, 1024, 1024))


@dataclass
class Rates:
    """Seconds of array functions on this machine in one engine.

    `prepare` makes a call ready to be timed; `timed` holds what was timed, by the text of a call.
    """

    prepare: Callable[[Call], Timed]
    timed: dict[str, Sample] = field(default_factory=dict)
    exact: frozenset[int] = frozenset()

    def seconds(self, call: Call) -> float:
        """The time of one call."""
        ratio = 2 if call.name == MATMUL else 4
        points = [self._points(n, ratio) for n in call.size]
        total = 0.0
        for corner in product(*points):
            share = math.prod(weight for _, weight in corner)
            total += share * math.log(self._at(call, tuple(n for n, _ in corner)))
        return math.exp(total)

    def sum(self, calls: Iterable[tuple[Call, int]]) -> float:
        """The time of several calls one after the other."""
        return sum(self.seconds(call) * times for call, times in calls)

    def bandwidth(self, size: int) -> float:
        """Bytes a second where so many bytes are gone through again and again."""
        size = min(max(size, 2**12), LARGE)
        return size / self.seconds(Call(COPY, "", "float32", (size,)))

    @property
    def overhead(self) -> float:
        """Seconds that an array function takes on hardly any data."""
        return self.seconds(ONE)

    @property
    def peak(self) -> float:
        """FLOP a second of the fastest matrix product that was timed."""
        self.seconds(CUBE)
        found = [(parsed(text), one.best) for text, one in self.timed.items()]
        return max(call.flop / best for call, best in found)

    def each(self, name: str) -> float:
        """Elements a second of a function, in the cache."""
        return IN_CACHE / self.seconds(Call(name, "2", "float32", (IN_CACHE,)))

    def _points(self, n: int, ratio: int) -> list[tuple[int, float]]:
        """The lengths on both sides and their weights."""
        if n in self.exact:
            return [(n, 1.0)]
        below = ratio ** int(math.log(n, ratio) + 1e-9)
        share = math.log(n / below, ratio)
        return [(below, 1.0)] if share < 1e-9 else [(below, 1.0 - share), (below * ratio, share)]

    def _at(self, call: Call, size: tuple[int, ...]) -> float:
        text = written(call._replace(size=size))
        if text not in self.timed:
            with np.errstate(all="ignore"):
                self.timed[text] = sample(self.prepare(call._replace(size=size)))
        return self.timed[text].best


def roofline(rates: Rates) -> dict[str, float]:
    """The machine's own numbers: FLOP, elements and bytes a second, seconds of a function."""
    return {
        "peak": rates.peak,
        "elementwise": rates.each("add"),
        "transcendental": rates.each("exp"),
        "cache": rates.bandwidth(SMALL),
        "memory": rates.bandwidth(LARGE),
        "overhead": rates.overhead,
    }


def written(call: Call) -> str:
    """A call as text: "matmul nn float32 64x784x1500"."""
    return f"{call.name} {call.kind or '-'} {call.dtype} {'x'.join(map(str, call.size))}"


def parsed(text: str) -> Call:
    """The call of a text. Raises ValueError if it is none."""
    name, kind, dtype, size = text.split(" ")
    return Call(name, kind.replace("-", ""), dtype, tuple(map(int, size.split("x"))))
