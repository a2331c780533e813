"""How a budget is written, and what it says when it is spent."""

from __future__ import annotations

import math

import pytest

from backprove.doctor.budget import Budget
from backprove.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60.0), ("90", 90.0), ("2m", 120.0), ("1.5 min", 90.0), ("1h", 3600.0)],
)
def test_seconds_minutes_hours(text, seconds) -> None:
    assert Budget(text).size == seconds


def test_multiples_of_the_original_training() -> None:
    budget = Budget("5x")
    assert budget.left == math.inf
    budget.training(3.0)
    budget.charge(4.0)
    assert budget.counted and budget.size == 15.0 and budget.left == 11.0
    budget.charge(20.0)
    assert budget.left == 0.0
    fixed = Budget("10s")
    fixed.training(3.0)
    fixed.charge(20.0)
    assert not fixed.counted and fixed.size == 10.0 and fixed.left > 5.0


@pytest.mark.parametrize("text", ["0", "0s", "-1s", "", "x", "five", "nan", "inf", "3 days", "5y"])
def test_no_time_at_all_is_refused(text) -> None:
    with pytest.raises(UsageError, match="expected a budget above 0"):
        Budget(text)
