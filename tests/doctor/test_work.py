"""The work of a step is counted from the configuration alone."""

from __future__ import annotations

import pytest

from backprove.doctor.program import Program
from backprove.doctor.work import PER_LAYER, PER_STEP, PER_UNIT, PER_WEIGHT, step_work
from doctor.programs import clusters


def test_the_terms() -> None:
    weights, units = 10 * 32 + 32 * 32 + 32 * 3, 67
    rows = 3 * weights + PER_UNIT * units
    expected = 32 * rows + PER_WEIGHT * weights + 3 * PER_LAYER + PER_STEP
    assert Program(clusters()).step_work() == step_work(clusters()) == expected


@pytest.mark.parametrize(
    ("key", "more"),
    [("training__batch_size", 4000), ("network__layers", [10, 5000, 3])],
)
def test_wider_networks_and_larger_batches_are_more(key, more) -> None:
    assert step_work(clusters(**{key: more})) > 1.2 * step_work(clusters())
