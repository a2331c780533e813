"""Parts share no sample, leave none out, and keep the balance of the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprove.data import Dataset, partition, split
from backprove.errors import UsageError


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """(labels, sizes of the parts)."""
    samples = draw(st.integers(2, 80))
    labels = draw(st.lists(st.integers(0, 5), min_size=samples, max_size=samples))
    cuts = draw(st.sets(st.integers(1, samples - 1), min_size=1, max_size=4))
    edges = [0, *sorted(cuts), samples]
    return labels, np.diff(edges).tolist()


@given(case=cases(), seed=st.integers(0, 2**64 - 1), stratify=st.booleans())
@settings(deadline=None, max_examples=200)
def test_parts_cover_everything_once(
    case: tuple[list[int], list[int]], seed: int, stratify: bool
) -> None:
    labels, sizes = case
    dataset = Dataset(np.arange(len(labels))[:, None], labels)
    parts = split(dataset, sizes, seed, stratify=stratify)
    assert [len(part) for part in parts] == sizes
    rows = np.concatenate([part.x[:, 0] for part in parts]).astype(int)
    assert sorted(rows.tolist()) == list(range(len(labels)))
    for part in parts:
        assert part.y.tolist() == [labels[int(row)] for row in part.x[:, 0]]
        assert part.classes == dataset.classes


@given(case=cases(), seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=200)
def test_each_class_is_spread_in_proportion(case: tuple[list[int], list[int]], seed: int) -> None:
    labels, sizes = case
    whole = np.bincount(labels, minlength=6)
    groups = partition(len(labels), sizes, seed, np.array(labels))
    for size, rows in zip(sizes, groups, strict=True):
        found = np.bincount(np.array(labels)[rows], minlength=6)
        slack = 1.0 if len(sizes) == 2 else 2.0
        assert np.all(np.abs(found - whole * size / len(labels)) < slack)


def test_two_parts_of_balanced_classes_are_exactly_balanced() -> None:
    labels = np.repeat(np.arange(3), 50)
    first, second = partition(150, (120, 30), 7, labels)
    assert np.bincount(labels[first]).tolist() == [40, 40, 40]
    assert np.bincount(labels[second]).tolist() == [10, 10, 10]


def test_the_seed_decides() -> None:
    same = [partition(100, 0.5, 3)[0].tolist() for _ in range(2)]
    assert same[0] == same[1]
    assert partition(100, 0.5, 4)[0].tolist() != same[0]
    labels = np.zeros(100, dtype=int)
    assert partition(100, 0.5, 4, labels)[0].tolist() != partition(100, 0.5, 5, labels)[0].tolist()


def test_the_parts_of_a_seed_are_the_same_on_every_machine() -> None:
    assert partition(12, 4, 0)[0].tolist() == [1, 5, 9, 11]


def test_rare_classes_do_not_all_go_into_the_same_part() -> None:
    """A hundred classes of one sample each: the seed chooses which of them are tested on."""
    labels = np.arange(100)
    chosen = [set(partition(100, 0.8, seed, labels)[1].tolist()) for seed in range(5)]
    assert all(len(rows) == 20 for rows in chosen)
    assert len(set.union(*chosen)) > 50


@pytest.mark.parametrize(
    ("parts", "sizes"),
    [
        (0.8, [8, 2]),
        (3, [3, 7]),
        (np.int64(3), [3, 7]),
        ((0.5, 0.3, 0.2), [5, 3, 2]),
        ((5, 3, 2), [5, 3, 2]),
        ((0.1,) * 10, [1] * 10),
    ],
)
def test_fractions_and_counts(parts: Any, sizes: list[int]) -> None:
    assert [len(rows) for rows in partition(10, parts)] == sizes


def test_regression_is_split_without_classes() -> None:
    dataset = Dataset(np.ones((4, 1)), np.ones(4), task="regression")
    assert [len(part) for part in split(dataset, 0.5)] == [2, 2]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (0.0, "at least one sample in each part, found parts of [0, 10]"),
        (1.0, "found parts of [10, 0]"),
        (0.001, "found parts of [0, 10]"),
        (1.5, "sum to 1, found [1.5, -0.5]"),
        (-3, "at least one sample"),
        (10, "at least one sample"),
        ((0.5, 0.4), "sum to 1, found [0.5, 0.4]"),
        ((5, 4), "found [5, 4] which sum to 9"),
        ((), "expected a fraction, a count"),
        ("0.8", "expected a fraction, a count"),
        (None, "expected a fraction, a count"),
        (float("nan"), "expected a fraction, a count"),
        (True, "expected a fraction, a count"),
    ],
)
def test_wrong_parts_are_refused(parts: Any, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        partition(10, parts)
    assert words in str(caught.value)


@pytest.mark.parametrize("seed", [-1, 2**64, 0.5, None])
def test_wrong_seeds_are_refused(seed: Any) -> None:
    with pytest.raises(UsageError, match="expected a seed"):
        partition(10, 0.5, seed)
