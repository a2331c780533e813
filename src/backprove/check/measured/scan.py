"""Finding the kinks of an elementwise function that can only be run.

Second differences on a fine mesh stand out where the slope jumps. Each such place is narrowed down
and rounded to the nearest short decimal, so that the grid holds it and both its neighbours.
"""

from __future__ import annotations

import numpy as np

from backprove.check.measured.ask import Forward

REACH, PITCH, MOST, ROUNDS = 8.0, 2.0**-5, 12, 13


def scanned(forward: Forward) -> list[float]:
    """The places between -8 and 8 where the slope seems to jump; not 0, which is always tried."""
    x = np.arange(-REACH - PITCH / 3, REACH, PITCH)
    (y,) = forward([((x,), {})])
    if y is None or y.shape != x.shape:
        return []
    with np.errstate(all="ignore"):
        bend = np.abs(np.asarray(y[2:] - 2 * y[1:-1] + y[:-2], dtype=np.float64))
    bend = np.where(np.isfinite(bend), bend, 0)
    usual = np.array([np.median(bend[max(0, i - 6) : i + 7]) for i in range(bend.size)])
    noise = 1e-13 * (1 + np.nanmax(np.abs(np.where(np.isfinite(y), y, 0))))
    stands = bend > np.fmax(6 * usual, float(noise))
    centres = x[1:-1][stands]
    order = np.argsort(-bend[stands])[:MOST]
    found = [_narrowed(forward, float(c)) for c in centres[order]]
    return sorted({abs(v) for v in found if v})


def _narrowed(forward: Forward, centre: float) -> float:
    """The place of the largest second difference near the centre, as a short decimal."""
    reach = 1.5 * PITCH
    for _ in range(ROUNDS):
        x = centre + reach * np.linspace(-1, 1, 17)
        (y,) = forward([((x,), {})])
        if y is None:
            return 0.0
        with np.errstate(all="ignore"):
            bend = np.abs(np.asarray(y[2:] - 2 * y[1:-1] + y[:-2], dtype=np.float64))
        centre = float(x[1:-1][int(np.argmax(np.where(np.isfinite(bend), bend, 0)))])
        reach /= 4
        if reach < 1e-7:
            break
    return next((r for d in range(7) if abs((r := round(centre, d)) - centre) < 2e-6), centre)
