"""Dividing a data set into parts that share no sample and leave none out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from backprove.data.dataset import Dataset
from backprove.errors import UsageError
from backprove.random import key, threefry

Parts = int | float | Sequence[int] | Sequence[float]


def split(
    dataset: Dataset, parts: Parts, seed: int = 0, *, stratify: bool = True
) -> tuple[Dataset, ...]:
    """The parts of a data set, drawn by `seed`; the same seed gives the same parts everywhere.

    `parts` is a fraction or a count for the first of two parts (0.8, 120), or fractions that sum
    to 1, or counts that sum to the number of samples. With `stratify` each class is spread over
    the parts in proportion, to within rounding; it has no meaning for regression. Samples keep
    their order inside a part.

    Raises UsageError for parts that are empty or do not cover the data exactly.
    """
    labels = dataset.y if stratify and dataset.classes else None
    groups = partition(len(dataset), parts, seed, labels)
    return tuple(dataset.take(rows) for rows in groups)


def partition(samples: int, parts: Parts, seed: int = 0, labels: Any = None) -> tuple[Any, ...]:
    """The row numbers of each part, in rising order; see `split`."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**64:
        raise UsageError(
            "expected a seed that is a whole number from 0 to 2**64 - 1, found {seed!r}: "
            "give another seed",
            seed=seed,
        )
    sizes = _sizes(samples, parts)
    order = _shuffled(samples, seed)
    if labels is None:
        cuts = np.cumsum(sizes)[:-1]
        return tuple(np.sort(rows) for rows in np.split(order, cuts))
    _, codes = np.unique(labels, return_inverse=True)
    return _stratified(order, codes[order], sizes)


def _shuffled(samples: int, seed: int) -> Any:
    """A permutation from 64 random bits a sample, the same in every version of NumPy."""
    counter = np.arange(samples, dtype=np.uint32)
    high, low = threefry(key(seed), np.zeros_like(counter), counter)
    return np.lexsort((low, high))


def _stratified(order: Any, codes: Any, sizes: Sequence[int]) -> tuple[Any, ...]:
    by_class = [order[codes == code] for code in range(int(codes.max()) + 1)]
    left = np.array([len(rows) for rows in by_class])
    turns = np.argsort(np.unique(codes, return_index=True)[1])
    start = np.zeros_like(left)
    found = []
    for size in sizes:
        share = _proportional(left, size, turns)
        rows = [by_class[c][start[c] : start[c] + n] for c, n in enumerate(share)]
        found.append(np.sort(np.concatenate(rows)))
        start, left = start + share, left - share
    return tuple(found)


def _proportional(left: Any, size: int, turns: Any) -> Any:
    """How many of each class go into a part of `size`: in proportion, by largest remainders.

    Among equal remainders the class that comes first in `turns` is served first.
    """
    share, rest = np.divmod(left * size, left.sum())
    ranked = turns[np.argsort(-rest[turns], kind="stable")]
    share[ranked[: size - int(share.sum())]] += 1
    return share


def _sizes(samples: int, parts: Parts) -> list[int]:
    given = list(parts) if isinstance(parts, Sequence) else [parts]
    if not given or not all(_is_number(part) for part in given):
        raise UsageError(
            "expected a fraction, a count, or a list of them, found {found!r}: "
            "for example 0.8, 120 or (0.8, 0.1, 0.1)",
            found=parts,
        )
    fractions = not all(isinstance(part, Integral) for part in given)
    if len(given) == 1:
        given.append((1.0 if fractions else samples) - given[0])
    sizes = _from_fractions(samples, given) if fractions else [int(part) for part in given]
    if sum(sizes) != samples:
        raise UsageError(
            "expected counts that sum to the {samples} samples, found {found} which sum to "
            "{total}: name every part, also the one that is left over",
            samples=samples,
            found=given,
            total=sum(sizes),
        )
    if min(sizes) < 1:
        raise UsageError(
            "expected at least one sample in each part, found parts of {found} out of {samples} "
            "samples: choose other parts",
            found=sizes,
            samples=samples,
        )
    return sizes


def _is_number(part: Any) -> bool:
    return isinstance(part, Real) and not isinstance(part, bool) and math.isfinite(part)


def _from_fractions(samples: int, fractions: Sequence[float]) -> list[int]:
    if min(fractions) < 0 or abs(sum(fractions) - 1) > 1e-6:
        raise UsageError(
            "expected fractions from 0 to 1 that sum to 1, found {found}: "
            "for example 0.8 or (0.8, 0.1, 0.1)",
            found=list(fractions),
        )
    edges = [round(samples * math.fsum(fractions[:i])) for i in range(len(fractions))]
    return [int(size) for size in np.diff([*edges, samples])]
