"""Schedules against PyTorch's, over their whole length, on the host and compiled."""

from __future__ import annotations

import itertools
import json
import math

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import support
from backprove.errors import CheckpointError
from backprove.optim import Adam
from backprove.optim.schedules import (
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    ReduceOnPlateau,
    Step,
    WarmUp,
)

ONE_CYCLE = "OneCycleLR(optimizer, {}, cycle_momentum=False)"
CASES = [
    (Constant(0.1), "ConstantLR(optimizer, factor=1.0)", 20),
    (Step(0.1, step_size=7, gamma=0.3), "StepLR(optimizer, 7, 0.3)", 60),
    (Step(0.1, step_size=1, gamma=2.0), "StepLR(optimizer, 1, 2.0)", 20),
    (Exponential(0.1, gamma=0.97), "ExponentialLR(optimizer, 0.97)", 200),
    (Cosine(0.1, steps=50), "CosineAnnealingLR(optimizer, 50)", 51),
    (Cosine(0.1, steps=33, minimum=0.02), "CosineAnnealingLR(optimizer, 33, eta_min=0.02)", 34),
    (OneCycle(0.1, steps=100), ONE_CYCLE.format("0.1, total_steps=100"), 100),
    (
        OneCycle(0.3, steps=77, pct_start=0.2, anneal="linear", div_factor=10, final_div_factor=50),
        ONE_CYCLE.format(
            "0.3, total_steps=77, pct_start=0.2, anneal_strategy='linear', div_factor=10,"
            " final_div_factor=50"
        ),
        77,
    ),
    (
        OneCycle(0.1, steps=90, three_phase=True),
        ONE_CYCLE.format("0.1, total_steps=90, three_phase=True"),
        90,
    ),
    (
        OneCycle(0.1, steps=61, three_phase=True, pct_start=0.4, anneal="linear"),
        ONE_CYCLE.format(
            "0.1, total_steps=61, three_phase=True, pct_start=0.4, anneal_strategy='linear'"
        ),
        61,
    ),
    (
        OneCycle(0.1, steps=10, pct_start=0.0),
        ONE_CYCLE.format("0.1, total_steps=10, pct_start=0.0"),
        10,
    ),
    (
        WarmUp(10, then=Constant(0.1), start=0.02),
        "LinearLR(optimizer, start_factor=0.2, total_iters=10)",
        30,
    ),
    (
        WarmUp(8, then=Step(0.1, step_size=5, gamma=0.5), start=0.025),
        "SequentialLR(optimizer, [S.LinearLR(optimizer, start_factor=0.25, total_iters=8),"
        " S.StepLR(optimizer, 5, 0.5)], milestones=[8])",
        40,
    ),
]


def torch_rates(expression, steps, base=0.1):
    scope = "(lambda S: {})(torch.optim.lr_scheduler)"
    found = support.ask("torch").ask(
        "optimize",
        expression=f"torch.optim.SGD(parameters, lr={base})",
        weights={"w": np.zeros(1)},
        gradients=[{"w": np.zeros(1)}] * steps,
        schedule=scope.format(f"S.{expression}"),
    )
    return np.asarray(found["rates"])


@pytest.mark.parametrize(("ours", "expression", "steps"), CASES)
def test_rates_are_those_of_pytorch(ours, expression, steps):
    expected = torch_rates(expression, steps)
    one_by_one = [ours(step) for step in range(steps)]
    assert all(type(rate) is float for rate in one_by_one)
    np.testing.assert_allclose(one_by_one, expected, rtol=1e-12, atol=1e-16)
    together = ours(np.arange(steps))
    assert together.dtype == np.float64 and together.shape == (steps,)
    np.testing.assert_allclose(together, one_by_one, rtol=1e-15)
    compiled = jax.jit(ours)
    traced = [compiled(jnp.int32(step)) for step in range(steps)]
    assert all(r.dtype == np.float32 and r.shape == () for r in traced)
    np.testing.assert_allclose(traced, expected, rtol=1e-6, atol=1e-6 * expected.max())
    np.testing.assert_allclose(ours(jnp.arange(steps)), traced, rtol=1e-6, atol=1e-9)


def test_cosine_and_one_cycle_stay_at_their_last_rate():
    assert Cosine(0.1, steps=10, minimum=0.03)(np.array([10, 11, 500])) == pytest.approx(0.03)
    cycle = OneCycle(0.1, steps=10)
    assert cycle(10**6) == cycle(9) == pytest.approx(0.1 / 25 / 1e4)


@pytest.mark.parametrize("steps", [1, 2, 3])
@pytest.mark.parametrize("three_phase", [False, True])
@pytest.mark.parametrize("pct_start", [0.0, 1 / 3, 0.5, 1.0])
def test_the_shortest_cycles_have_finite_rates(steps, three_phase, pct_start):
    cycle = OneCycle(0.1, steps=steps, pct_start=pct_start, three_phase=three_phase)
    rates = cycle(np.arange(5))
    assert np.isfinite(rates).all() and (rates >= 0).all() and (rates <= 0.1 + 1e-15).all()


@given(
    st.integers(1, 200),
    st.floats(0, 1),
    st.sampled_from(["cos", "linear"]),
    st.booleans(),
    st.floats(1, 100),
)
@settings(max_examples=60, deadline=None)
def test_one_cycle_never_leaves_its_range(steps, pct_start, anneal, three_phase, div):
    cycle = OneCycle(0.5, steps, pct_start, anneal, div_factor=div, three_phase=three_phase)
    rates = cycle(np.arange(steps + 3))
    assert rates.max() <= 0.5 * (1 + 1e-12)
    assert rates.min() >= 0.5 / div / 1e4 * (1 - 1e-9) - 1e-16


def test_warm_up_climbs_in_a_straight_line_from_nothing():
    warm = WarmUp(4, then=Cosine(0.8, steps=10))
    assert warm(np.arange(5)) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])
    assert warm(9) == Cosine(0.8, steps=10)(5)
    assert WarmUp(4, then=0.8)(100) == 0.8


@pytest.mark.parametrize("gamma", [0.9, 0.99999, 1.000001])
def test_powers_are_right_at_step_one_million(gamma):
    with mpmath.workdps(50):
        exact = float(mpmath.mpf(gamma) ** 10**6)
    found = jax.jit(Exponential(1.0, gamma))(jnp.int32(10**6))
    assert float(found) == pytest.approx(exact, rel=1e-5, abs=1e-37)
    assert Exponential(1.0, gamma)(10**6) == pytest.approx(exact, rel=1e-9, abs=1e-300)


def test_growth_beyond_the_largest_number_is_infinity_without_a_warning():
    assert Exponential(1.0, 2.0)(5000) == math.inf


def test_a_schedule_given_in_epochs():
    stretched = Step(0.1, step_size=2, gamma=0.5).per_epoch(3)
    assert stretched(np.arange(13)) == pytest.approx([0.1] * 6 + [0.05] * 6 + [0.025])
    assert float(jax.jit(stretched)(jnp.int32(11))) == pytest.approx(0.05)
    warm = WarmUp(6, then=Cosine(0.1, steps=4).per_epoch(3))
    assert warm(9) == Cosine(0.1, steps=4)(1)


VALUES = [1.0, 0.9, 0.95, 0.9, 0.9, 0.8999, 0.91, 0.7, 0.7, math.nan, 0.8, 0.7, 0.75, 0.7, 0.7]
VALUES = [*VALUES, 0.6, math.inf, 0.65, 0.65, 0.65, 0.65, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
PLATEAUS = [
    {"patience": 2},
    {"patience": 0, "factor": 0.9},
    {"patience": 1, "cooldown": 2, "factor": 0.5},
    {"patience": 1, "factor": 0.5, "minimum": 0.02},
    {"patience": 1, "threshold": 0.1},
    {"patience": 1, "threshold": 0.05, "threshold_mode": "abs"},
    {"patience": 1, "mode": "max"},
    {"patience": 1, "mode": "max", "threshold": 0.05, "threshold_mode": "abs"},
]


@pytest.mark.parametrize("options", PLATEAUS)
def test_reduce_on_plateau_is_that_of_pytorch(options):
    theirs = {"min_lr" if k == "minimum" else k: v for k, v in options.items()}
    given_options = "".join(f", {k}={v!r}" for k, v in theirs.items())
    values = [repr(v) if math.isfinite(v) else f"float('{v}')" for v in VALUES]
    feed = "type('Feed', (), {'step': lambda self: p.step(next(v))})()"
    expected = torch_rates(
        f"ReduceLROnPlateau and (lambda p, v: {feed})"
        f"(S.ReduceLROnPlateau(optimizer{given_options}), iter([{', '.join(values)}]))",
        len(VALUES),
    )
    plateau = ReduceOnPlateau(0.1, **options)
    found, changes = [], []
    for value in VALUES:
        found.append(plateau.rate)
        changes.append(plateau.observe(value))
        assert plateau(7) == 0.1
        assert plateau.scale == pytest.approx(plateau.rate / 0.1)
    assert found == pytest.approx(list(expected), rel=1e-12)
    assert changes[:-1] == [a != b for a, b in itertools.pairwise(found)]
    assert len(set(found)) > 1


@pytest.mark.parametrize("options", PLATEAUS)
@pytest.mark.parametrize("cut", [0, 1, 7, 20])
def test_reduce_on_plateau_goes_on_where_it_was(options, cut):
    whole, first = ReduceOnPlateau(0.1, **options), ReduceOnPlateau(0.1, **options)
    for value in VALUES[:cut]:
        whole.observe(value), first.observe(value)
    saved = json.loads(json.dumps(first.state(), allow_nan=False))
    second = ReduceOnPlateau(0.1, **options)
    second.restore(saved)
    assert second.state() == whole.state()
    for value in VALUES[cut:]:
        assert second.observe(value) == whole.observe(value)
        assert second.state() == whole.state() and second.rate == whole.rate


def test_a_plateau_under_a_warm_up_is_reached_through_it():
    warm = WarmUp(4, then=ReduceOnPlateau(0.1, patience=0, factor=0.5))
    opt = Adam(learning_rate=warm)
    assert [opt.schedule.observe(v) for v in (1.0, 1.0, 0.5)] == [False, True, False]
    assert opt.schedule.scale == 0.5
    assert opt.rate(9) * opt.schedule.scale == pytest.approx(0.05)
    twin = WarmUp(4, then=ReduceOnPlateau(0.1, patience=0, factor=0.5)).per_epoch(2)
    twin.restore(opt.schedule.state())
    assert twin.state() == warm.state() and twin.scale == 0.5


def test_other_schedules_have_nothing_to_save():
    cosine = Cosine(0.1, 5)
    assert cosine.state() == {} and cosine.scale == 1.0 and not cosine.observe(1.0)
    cosine.restore({})
    assert Adam().schedule.state() == {}
    with pytest.raises(CheckpointError, match="Cosine"):
        cosine.restore({"rate": 1.0})


@pytest.mark.parametrize(
    "state",
    [{}, {"rate": 1.0}, {"rate": None, "best": None, "bad": 0, "waiting": 0}],
)
def test_a_damaged_state_is_refused(state):
    with pytest.raises(CheckpointError, match="ReduceOnPlateau"):
        ReduceOnPlateau(0.1).restore(state)


def test_a_rate_of_zero_has_a_scale_of_one():
    plateau = ReduceOnPlateau(0.0, patience=0)
    assert not any(plateau.observe(1.0) for _ in range(5))
    assert plateau.scale == 1.0
