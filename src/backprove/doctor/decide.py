"""When a re-run proves something: progress above the floor, intervals, confirmed or refuted.

Progress puts every metric on one scale: 0 is the best constant prediction (the floor), 1 the
perfect one. A run that ended in NaN or below the floor has made none.

A change works when at least `WORKS` of its seeds reach the level: half way between what the
unchanged program reached and the best that any re-run reached, and clearly above the former.
Statements about rates use Wilson's interval (1927) and Newcombe's difference of two of them
(1998, method 10), statements about sizes the paired bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import product
from statistics import NormalDist, median
from typing import Literal, NamedTuple

import numpy as np

Decision = Literal["confirmed", "refuted", "undecided"]

WORKS = 0.8
"""A change works if this share of its seeds reaches the level."""

ENOUGH = 0.9
"""A program that reaches this share of what is attainable trains."""

LEAST = 0.1
"""Less progress than this is no training, however little anything else reached."""

APART = 0.5
"""Seeds that reach less than this share of what the best failing one reached fail otherwise."""

CONFIDENCE = 0.95
_ENUMERATED = 5


class Interval(NamedTuple):
    """A two-sided interval."""

    low: float
    high: float


class Judged(NamedTuple):
    """What came out for one change: the decision, how often it worked, its effect on progress."""

    decision: Decision
    worked: int
    seeds: int
    effect: float
    interval: Interval


def progress(metric: float, floor: float) -> float:
    """Where a metric lies between its floor (0) and the perfect value 1; NaN is 0."""
    if not math.isfinite(metric) or floor >= 1.0:
        return 0.0
    return min(1.0, max(0.0, (metric - floor) / (1.0 - floor)))


def level(before: Sequence[float], attainable: float, enough: float = ENOUGH) -> float:
    """The progress that a change has to reach: half of the gap is closed, and the program as it
    was given has less than the share `enough` of it.

    Where it fails from some seeds only, or fails there in another way, the gap is that of these.
    """
    failing = [value for value in before if value < ENOUGH * attainable]
    worst = [value for value in failing if value < APART * max(failing)]
    failing = worst if len(worst) > len(failing) / 4 else failing
    given = median(failing or before) if before else 0.0
    return max(0.5 * (given + attainable), given / enough, LEAST)


def wilson(successes: int, trials: int, confidence: float = CONFIDENCE) -> Interval:
    """The interval of a success rate; (0, 1) without a trial.

    Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
    """
    if trials == 0:
        return Interval(0.0, 1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate, more = successes / trials, z * z / trials
    middle = (rate + more / 2) / (1 + more)
    half = z * math.sqrt(rate * (1 - rate) / trials + more / (4 * trials)) / (1 + more)
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


def rate_difference(after: tuple[int, int], before: tuple[int, int]) -> Interval:
    """The interval of the difference of two success rates, each (successes, trials)."""
    p, q = (s / max(n, 1) for s, n in (after, before))
    a, b = wilson(*after), wilson(*before)
    low = p - q - math.hypot(p - a.low, b.high - q)
    return Interval(low, p - q + math.hypot(a.high - p, q - b.low))


def paired_effect(before: Sequence[float], after: Sequence[float]) -> Interval:
    """The interval of the mean gain over paired seeds, by the percentile bootstrap.

    Up to five pairs all resamples are counted, so it is exact and needs no random numbers; more
    are drawn 4000 times from a fixed seed. With one pair nothing is known: (-1, 1).
    """
    gains = np.subtract(after, before)
    n = len(gains)
    if n < 2:
        return Interval(-1.0, 1.0)
    if n <= _ENUMERATED:
        picks = np.array(list(product(range(n), repeat=n)))
    else:
        picks = np.random.default_rng(0).integers(n, size=(4000, n))
    outside = (1 - CONFIDENCE) / 2
    low, high = np.quantile(gains[picks].mean(axis=1), [outside, 1 - outside])
    return Interval(float(low), float(high))


def judge(before: Sequence[float], after: Sequence[float], needed: float) -> Judged:
    """Judge a change by the progress of the same seeds before and after it.

    confirmed  at least `WORKS` of the seeds reach `needed`, and the gain over the unchanged
               program is not chance: either interval excludes 0
    refuted    from two seeds or more, the rate of success is below `WORKS`, also at the upper end
               of its interval
    undecided  else: more seeds may tell
    """
    pairs = min(len(before), len(after))
    won = sum(value >= needed for value in after)
    first = sum(value >= needed for value in before)
    gain = paired_effect(before[:pairs], after[:pairs])
    mean = float(np.mean(np.subtract(after[:pairs], before[:pairs]))) if pairs else 0.0
    decision: Decision = "undecided"
    if after and won >= WORKS * len(after) and pairs > 1:
        rates = rate_difference((won, len(after)), (first, len(before)))
        if rates.low > 0 or gain.low > 0:
            decision = "confirmed"
        elif won <= first:
            decision = "refuted"
    elif len(after) > 1 and wilson(won, len(after)).high < WORKS:
        decision = "refuted"
    return Judged(decision, won, len(after), mean, gain)
