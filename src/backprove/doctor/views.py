"""What the probes of the loss and of the updates found: plain numbers, part of a trace."""

from __future__ import annotations

import math

import msgspec

NAN = math.nan


class HeadView(msgspec.Struct, frozen=True):
    """What the loss does with made-up answers; see `head_probe`.

    best, free, constant, blind, flat, additive, safe   as measured there
    units       outputs of the network; low, high: the reach of the output layer
    """

    best: float = NAN
    free: float = NAN
    constant: float = NAN
    blind: bool = False
    flat: bool = False
    additive: float = NAN
    safe: bool = True
    units: int = 0
    low: float = -math.inf
    high: float = math.inf

    @property
    def undiscerning(self) -> bool:
        """Whether one answer for all rows is the best that there is, though their targets differ.

        Then no row asks for another answer than the others: the loss does not understand the
        targets (a hinge loss that is given 0 and 1 in place of -1 and 1).
        """
        if not (math.isfinite(self.constant) and math.isfinite(self.free)):
            return False
        size = max(abs(self.constant), abs(self.free))
        same = self.constant - self.free <= 1e-6 * size
        return same and not self.flat and not self.blind

    @property
    def lost(self) -> float:
        """The share of the way from the constant answer to the best free one that the head bars."""
        way = self.constant - self.free
        if not math.isfinite(way) or way <= 0:
            return 0.0
        return min(1.0, max(0.0, (self.best - self.free) / way))


class UpdateView(msgspec.Struct, frozen=True):
    """What became of gradients and updates in the first steps; see `update_probe`."""

    derivative: float = NAN
    claimed: float = NAN
    stale: float = 1.0
    frozen: int = 0
    total: int = 0

    @property
    def wrong(self) -> float:
        """How far the derivative is from what the gradient claims, relative to the larger one."""
        size = max(abs(self.derivative), abs(self.claimed))
        if not (size > 0 and math.isfinite(size)):
            return 0.0
        return abs(self.derivative - self.claimed) / size
