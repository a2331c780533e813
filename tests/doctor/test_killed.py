"""A layer that dies late: the step that killed it counts, and the noise of the time before."""

from __future__ import annotations

import pytest

from backprove.doctor.causes import lr_high, optimizing
from backprove.doctor.trace import LayerRecord, Record, StepRecord, Trace


def record(step, silent):
    layers = [LayerRecord("0", "ReLU", 8, silent=silent), LayerRecord("2", "", 2)]
    return Record(step, layers)


def step(number, overshoot):
    return StepRecord(number, 0.1, 1.0, overshoot, -1.0, 1.0, 0.1, 1.0, 1.0)


def trace(first, last, overshoots):
    alive = [0.2, 1.8] * 20
    return Trace(
        seed=0, steps=100, losses=alive + [0.69] * 60,
        records=[record(0, first), record(40, 0.3), record(100, last)],
        curvature=[step(number, value) for number, value in overshoots.items()],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "late", "expected"),
    [(0.1, 1.0, 2.0, True), (0.1, 0.9, 2.0, False), (1.0, 1.0, 2.0, False), (0.1, 1.0, 0.9, False)],
)
def test_a_layer_is_killed_by_a_step_beyond_the_stable_one(first, last, late, expected) -> None:
    seen = trace(first, last, {3: 0.4, 60: late})
    assert lr_high.killed(seen) == expected
    assert lr_high.worst_step(seen).step == (60 if expected else 3)


def test_noise_is_measured_while_the_network_lives() -> None:
    assert optimizing.roughness(trace(0.1, 1.0, {})) == pytest.approx(1.6)
    assert optimizing.roughness(trace(0.1, 0.9, {})) == pytest.approx(0.0)
