"""Watching a run: it changes nothing, and sees what theory says is there."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backprove.doctor.config_subject import ConfigSubject
from backprove.doctor.observe import Observer, observe
from backprove.doctor.sampling import LEAST, SHARE, sampled
from backprove.doctor.spec import convert
from backprove.doctor.trace import Trace


def subject(network=None, training=None, **data):
    """A small training on iris."""
    base = {"loss": "cross_entropy", "optimizer": "sgd", "learning_rate": 0.1, "batch_size": 16}
    return ConfigSubject(
        convert(
            {
                "data": {"name": "iris", "scale_inputs": "standard", "test": 0.0, **data},
                "network": {"layers": [4, 8, 8, 3], "activation": "relu", **(network or {})},
                "training": {**base, "epochs": 4, **(training or {})},
            }
        )
    )


def weights(run):
    return {k: v.tobytes() for k, v in run.parameters.items()}


@pytest.mark.parametrize(
    ("network", "training"),
    [
        ({}, {}),
        ({"dropout": 0.3, "normalization": "batch_norm_1d"}, {"optimizer": "adam"}),
        ({}, {"optimizer": "momentum", "schedule": {"name": "step", "step_size": 5}}),
        ({}, {"learning_rate": 1e12}),
    ],
    ids=["plain", "dropout", "schedule", "diverging"],
)
def test_a_watched_run_is_the_same_bit_for_bit(network, training) -> None:
    plain = subject(network, training).start(3)
    losses = []
    while not plain.finished:
        losses.append(plain.step())
    watched = subject(network, training).start(3)
    observer = Observer(watched, share=1.0)
    while not watched.finished:
        observer.after(watched.step())
    trace = observer.trace()
    assert weights(watched) == weights(plain)
    np.testing.assert_array_equal(trace.losses, losses)
    assert trace.steps == len(losses)


def test_a_trace_goes_through_plain_data() -> None:
    trace = observe(subject(), share=1.0)
    assert Trace.from_json(trace.to_json()) == trace
    assert trace.first.step == 0 and trace.last.step == trace.total_steps
    assert [layer.width for layer in trace.first.layers] == [8, 8, 3]
    assert trace.metric > trace.first_metric and trace.batch_size == 16
    assert math.isnan(trace.first.layers[0].gradient) and trace.last.layers[0].gradient > 0
    assert 0 < trace.last.layers[0].update_ratio < 1


def test_a_network_of_no_chain_is_watched_without_layers() -> None:
    found = subject()
    run = found.start(0)
    run.layers = []
    observer = Observer(run)
    observer.after(run.step())
    assert observer.trace().first.layers == [] and observer.trace().first.silent == 0.0


@pytest.mark.parametrize("rate", [0.01, 0.1, 1.0])
def test_overshoot_on_a_quadratic_is_half_the_step_times_the_curvature(rate) -> None:
    """A linear network under the mean square: H = 2 X^T X / N over all rows."""
    found = subject(
        {"layers": [4, 1]},
        {"loss": "mse", "learning_rate": rate, "batch_size": 1000, "epochs": 3},
        targets="number",
    )
    run = found.start(0)
    x, y = run.batch(0)
    design = np.concatenate([x, np.ones((len(x), 1))], axis=1).astype(np.float64)
    hessian = 2 * design.T @ design / len(x)
    w = np.concatenate([run.parameters[k].reshape(-1, 1) for k in sorted(run.parameters)[::-1]])
    g = 2 * design.T @ (design @ w - y.reshape(-1, 1)) / len(x)
    kappa = float((g.T @ hessian @ g / (g.T @ g)).item())
    record = observe(found, share=1.0).curvature[0]
    assert record.kappa == pytest.approx(kappa, rel=0.02)
    assert record.overshoot == pytest.approx(rate * kappa / 2, rel=0.02)
    assert (record.after > record.before) == (record.overshoot > 1)


def test_dead_layers_are_counted_exactly() -> None:
    dead = subject({"bias_initializer": {"name": "constant", "value": -100.0}})
    trace = observe(dead)
    assert trace.first.dead_layer and trace.first.silent == 1.0
    assert trace.last.layers[0].gradient == 0.0 and trace.last.spread == 0.0
    leaky = subject(
        {
            "activation": "leaky_relu",
            "bias_initializer": {"name": "constant", "value": -100.0},
        }
    )
    assert observe(leaky).first.silent == 0.0


def test_equal_units_and_saturation_are_seen() -> None:
    equal = observe(subject({"initializer": {"name": "constant", "value": 0.01}}))
    assert equal.last.layers[1].distinct == 1
    large = observe(subject({"activation": "tanh", "initializer": {"name": "normal", "std": 30.0}}))
    assert large.first.layers[0].saturated > 0.8 and large.first.layers[1].distinct == 8


def test_the_first_infinity_has_a_place() -> None:
    trace = observe(subject({}, {"learning_rate": 1e30}))
    assert trace.broken is not None and trace.broken.step == trace.steps
    assert trace.broken.operator and math.isnan(trace.final_loss) and math.isnan(trace.metric)


@pytest.mark.parametrize(("total", "price"), [(1, 1.0), (5, 1.0), (300, 1.4), (10**5, 9.0)])
def test_looks_begin_at_the_start_reach_the_end_and_keep_the_price(total, price) -> None:
    found = sampled(total, price, 40)
    assert 0 in found and total - 1 in found and max(found) < total
    assert len(found) <= max(LEAST + 2, SHARE * total / price + 1)
    assert set(range(min(LEAST // 2, total))) <= found
