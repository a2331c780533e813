"""A wrong gradient is found wherever it hides, and a right one is left in peace."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprove.doctor.derivatives import Slopes
from backprove.doctor.views import UpdateView

PARAMS = {"large": np.array([3.0, -2.0]), "small": np.array([0.01, 0.02, 0.03])}


def loss_and_gradient(params, **wrong):
    """L = 50 |large|^2 + sum sin(small), with some parameters' gradients multiplied."""
    a, b = params["large"], params["small"]
    gradient = {"large": 100 * a, "small": np.cos(b)}
    value = 50 * float(a @ a) + float(np.sin(b).sum())
    return value, {k: wrong.get(k, 1.0) * g for k, g in gradient.items()}


def slopes(**wrong):
    return Slopes(lambda p: loss_and_gradient(p, **wrong), PARAMS)


def test_a_right_gradient_is_no_suspect() -> None:
    found = slopes()
    assert UpdateView(*found.along(found.gradient)).wrong < 1e-6
    assert found.hidden() is None and found.missing() is None


@pytest.mark.parametrize(("factor", "ratio"), [(-1.0, -1.0), (2.0, 0.5), (0.5, 2.0)])
def test_a_small_wrong_gradient_is_found_behind_a_large_right_one(factor, ratio) -> None:
    found = slopes(small=factor)
    assert UpdateView(*found.along(found.gradient)).wrong < 1e-2
    derivative, claimed = found.hidden()
    assert derivative / claimed == pytest.approx(ratio, rel=1e-4)
    assert claimed == pytest.approx(factor**2 * np.sum(np.cos(PARAMS["small"]) ** 2))


def test_a_missing_gradient_is_found_although_all_others_are_right() -> None:
    found = slopes(small=0.0)
    slope, claimed = found.missing()
    assert claimed == 0.0 and slope != 0.0
    assert UpdateView(slope, claimed).wrong == 1.0


def test_a_parameter_that_the_loss_does_not_depend_on_misses_nothing() -> None:
    def ask(params):
        w = params["weight"]
        return float(w @ w), {"weight": 2 * w, "dead": np.zeros(3)}

    found = Slopes(ask, {"weight": np.ones(2), "dead": np.ones(3)})
    assert found.missing() is None and found.hidden() is None


def test_at_a_kink_every_slope_between_both_sides_is_right() -> None:
    for slope in (-1.0, 0.0, 0.3, 1.0):
        found = Slopes(lambda p, s=slope: (float(abs(p["w"][0])), {"w": np.array([s])}),
                       {"w": np.zeros(1)})  # fmt: skip
        derivative, claimed = found.along({"w": np.ones(1)})
        assert derivative == claimed == slope


def test_without_a_gradient_nothing_is_known() -> None:
    found = Slopes(lambda p: (0.0, {"w": np.zeros(2)}), {"w": np.ones(2)})
    assert all(math.isnan(value) for value in found.along(found.gradient))
