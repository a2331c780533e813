"""Which steps are looked at: densely at first, then at ever longer distances.

What matters for stability happens in the first tens of steps, and later the curvature of a
network that has settled on a plateau is small again. The number of looks is limited so that all
of them cost less than `SHARE` of the training, but never below `LEAST`.
"""

from __future__ import annotations

import numpy as np

SHARE = 0.08
"""The looks may cost this share of all steps."""

LEAST = 3
"""Short runs get this many looks in any case."""


def sampled(total: int, price: float, dense: int, share: float = SHARE) -> frozenset[int]:
    """Numbers of the steps that are looked at, out of 0 .. total - 1.

    price: what one look costs, in steps; share: what all looks may cost, relative to all steps.
    Two thirds of the looks, at most `dense`, follow each other at the start; the others are
    spread geometrically up to the last step.
    """
    count = min(total, max(LEAST, int(share * total / price)))
    first = min(dense, max(1, 2 * count // 3), total)
    head = range(first)
    if total <= first:
        return frozenset(head)
    rest = np.geomspace(first, total - 1, count - first + 1)
    return frozenset([*head, *(round(float(step)) for step in rest)])
