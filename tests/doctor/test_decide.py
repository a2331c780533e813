"""Progress, intervals and decisions, held against published examples and exact cases."""

from __future__ import annotations

import math

import pytest

from backprove.doctor.decide import (
    judge,
    level,
    paired_effect,
    progress,
    rate_difference,
    wilson,
)


@pytest.mark.parametrize(
    ("metric", "floor", "expected"),
    [
        (1.0, 0.1, 1.0),
        (0.55, 0.1, 0.5),
        (0.1, 0.1, 0.0),
        (0.05, 0.1, 0.0),
        (math.nan, 0.1, 0.0),
        (-math.inf, 0.0, 0.0),
        (-7.0, 0.0, 0.0),
        (0.9, 1.0, 0.0),
    ],
)
def test_progress_lies_between_the_floor_and_one(metric, floor, expected) -> None:
    assert progress(metric, floor) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662), (0, 0, 0.0, 1.0)],
)
def test_wilsons_interval(successes, trials, low, high) -> None:
    """81 of 263 is an example of Newcombe, "Two-sided confidence intervals", 1998."""
    assert wilson(successes, trials) == pytest.approx((low, high), abs=5e-5)


def test_newcombes_difference() -> None:
    """56/70 against 48/80: the first example of Newcombe's comparison of eleven methods."""
    assert rate_difference((56, 70), (48, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    low, high = rate_difference((48, 80), (56, 70))
    assert (low, high) == pytest.approx((-0.3339, -0.0524), abs=5e-5)


def test_the_paired_bootstrap_counts_every_resample() -> None:
    """Of two pairs with gains 0 and 1 the resamples have means 0, .5, .5 and 1."""
    assert paired_effect([0.0, 0.0], [0.0, 1.0]) == pytest.approx((0.0375, 0.9625))
    assert paired_effect([0.2] * 3, [0.7] * 3) == pytest.approx((0.5, 0.5))
    assert paired_effect([0.1], [0.9]) == (-1.0, 1.0)


def test_many_pairs_are_resampled_from_a_fixed_seed() -> None:
    before, after = [0.1 * i for i in range(8)], [0.1 * i + 0.05 * (i % 3) for i in range(8)]
    first = paired_effect(before, after)
    assert first == paired_effect(before, after)
    assert 0.0 < first.low < 0.04375 < first.high < 0.1


def test_half_of_the_gap_has_to_be_closed() -> None:
    assert level([0.0, 0.0, 0.1], 0.8) == pytest.approx(0.4)
    assert level([0.4, 0.4, 0.5], 0.8) == pytest.approx(0.6)


def test_a_program_that_fails_from_some_seeds_is_held_to_these() -> None:
    assert level([0.9, 0.9, 0.0], 0.9) == pytest.approx(0.45)
    assert judge([0.9] * 6 + [0.0] * 4, [0.9] * 10, 0.45).decision == "confirmed"
    assert judge([0.9] * 2 + [0.0], [0.9] * 3, 0.45).decision != "confirmed"


def test_a_program_that_nearly_trains_needs_a_clear_gain() -> None:
    assert level([0.81], 0.88) == pytest.approx(0.9)
    assert level([0.81], 0.88, enough=0.75) == pytest.approx(1.08)


@pytest.mark.parametrize(
    ("before", "after", "decision"),
    [
        ([0.0, 0.0, 0.0], [0.9, 0.8, 0.9], "confirmed"),
        ([0.0, 0.0, 0.0], [0.0, 0.1, 0.0], "refuted"),
        ([0.0, 0.0, 0.0], [0.9, 0.1, 0.0], "refuted"),
        ([0.0, 0.0, 0.0], [0.9, 0.9, 0.0], "undecided"),
        ([0.0] * 5, [0.9, 0.9, 0.0, 0.9, 0.9], "confirmed"),
        ([0.0] * 5, [0.9, 0.9, 0.0, 0.9, 0.0], "undecided"),
        ([0.9, 0.8, 0.9], [0.9, 0.8, 0.9], "refuted"),
        ([0.0], [0.9], "undecided"),
        ([], [], "undecided"),
    ],
)
def test_a_decision_needs_more_than_one_lucky_seed(before, after, decision) -> None:
    assert judge(before, after, 0.5).decision == decision


def test_a_judgement_says_how_often_and_how_much() -> None:
    found = judge([0.1, 0.2, 0.0], [0.8, 0.9, 0.7], 0.5)
    assert (found.worked, found.seeds) == (3, 3)
    assert found.effect == pytest.approx(0.7)
    assert found.interval.low == pytest.approx(0.7) == found.interval.high


def test_seeds_that_fail_altogether_are_not_measured_by_those_that_nearly_train() -> None:
    assert level([0.0, 0.8, 0.8, 0.02, 0.0, 0.8], 1.0) == pytest.approx(0.5)
    assert level([0.8, 0.7, 0.8], 1.0) == pytest.approx(0.9)
    assert level([0.8, 0.8, 0.8, 0.8, 0.0], 1.0) == pytest.approx(0.9)
