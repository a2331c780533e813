"""What was timed, and what follows for the sizes between.

A matrix product is timed at its own size: at powers of two its rows fall onto the same lines of the
cache, and it can take twice as long as at the sizes beside them. All else is timed at the nearest
powers of four below and above, and the logarithm of the time is interpolated along the logarithm
of each length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np

from backprove.cost.machine.calls import COPY, MATMUL, Call
from backprove.cost.machine.clock import Sample, Timed, sample

ONE = Call("add", "2", "float32", (1,))
SMALL, LARGE = 2**18, 2**26
"""The bytes of the working sets that stand for a core's cache and for memory."""
IN_CACHE = 2**14
RATIO = 4
"""Of neighbouring sizes that are timed."""
CUBE = Call(MATMUL, "nn", "float32", (1024, 1024, 1024))


@dataclass
class Rates:
    """Seconds of array functions on this machine in one engine.

    `prepare` makes a call ready to be timed; `timed` holds what was timed, by the text of a call;
    `used` are those that were asked for.
    """

    prepare: Callable[[Call], Timed]
    timed: dict[str, Sample] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def seconds(self, call: Call) -> float:
        """The time of one call."""
        if call.name == MATMUL:
            return self._at(call, call.size)
        points = [self._points(n) for n in call.size]
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

    def _points(self, n: int) -> list[tuple[int, float]]:
        """The lengths on both sides and their weights."""
        below = RATIO ** int(math.log(n, RATIO) + 1e-9)
        share = math.log(n / below, RATIO)
        return [(below, 1.0)] if share < 1e-9 else [(below, 1.0 - share), (below * RATIO, share)]

    def missing(self, ask: Callable[[Rates], Any]) -> list[str]:
        """What is not timed yet and `ask` will want to know, as texts."""
        listing = _Listing(self.prepare, dict(self.timed))
        ask(listing)
        return [text for text in listing.timed if text not in self.timed]

    def time(self, text: str) -> None:
        """Time a call now; of two timings the quicker one counts."""
        with np.errstate(all="ignore"):
            found = sample(self.prepare(parsed(text)))
        self.timed[text] = min(found, self.timed.get(text, found))

    def _at(self, call: Call, size: tuple[int, ...]) -> float:
        text = written(call._replace(size=size))
        if text not in self.timed:
            self.time(text)
        self.used.add(text)
        return self.timed[text].best


class _Listing(Rates):
    """Times nothing, and so finds out what would be timed."""

    def time(self, text: str) -> None:
        self.timed[text] = Sample(1.0, 1.0)


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
