"""Largest curvature and noise of the batches, against what linear algebra says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.landscape import gradient_noise, sharpness
from backprove.doctor.observe import THOROUGH, observe
from backprove.doctor.spec import convert


def linear(batch_size):
    """A linear network under the mean square on iris."""
    return ConfigSubject(
        convert(
            {
                "data": {"name": "iris", "targets": "number", "test": 0.0},
                "network": {"layers": [4, 1]},
                "training": {
                    "loss": "mse", "optimizer": "sgd", "learning_rate": 0.01,
                    "batch_size": batch_size, "epochs": 2,
                },
            }
        )
    )  # fmt: skip


def test_the_largest_eigenvalue_of_a_quadratic() -> None:
    run = linear(150).start(0)
    x, y = run.probe_data
    design = np.concatenate([x, np.ones((len(x), 1))], axis=1).astype(np.float64)
    expected = np.linalg.eigvalsh(2 * design.T @ design / len(x))[-1]
    assert sharpness(run, x, y) == pytest.approx(expected, rel=0.02)
    assert math.isnan(sharpness(run, x, np.full_like(y, np.nan)))


def test_the_noise_scale_is_that_of_single_rows() -> None:
    run = linear(16).start(0)
    x, y = run.probe_data
    design = np.concatenate([x, np.ones((len(x), 1))], axis=1).astype(np.float64)
    w = np.concatenate([run.parameters["0.weight"].ravel(), run.parameters["0.bias"]])
    rows = 2 * design * (design @ w - y.ravel())[:, None]
    mean = rows.mean(axis=0)
    expected = np.sum(rows.var(axis=0)) / (mean @ mean)
    assert gradient_noise(run, batches=9) == pytest.approx(expected, rel=0.6)
    assert math.isnan(gradient_noise(linear(2).start(0)))


def test_they_are_part_of_a_thorough_trace_only() -> None:
    found = linear(16)
    assert observe(found, 0, share=THOROUGH).sharpness > 0
    assert math.isnan(observe(found, 0).sharpness)
