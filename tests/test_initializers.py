"""Initializers: documented variance and range, the samples of PyTorch and Paddle, orthogonality.

Weights are (in, out) here and in Paddle, (out, in) in PyTorch.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats

import support
from backprove import initializers as init
from backprove.errors import ShapeError, UsageError
from backprove.ops.linear.linear import Linear

FAN_IN, FAN_OUT = 300, 200
SHAPE = (FAN_IN, FAN_OUT)
SIZE = FAN_IN * FAN_OUT


def draw(initializer, shape=SHAPE, seed=5):
    """The first values of one seed."""
    return initializer(np.random.default_rng(seed), shape)


UNIFORM = [
    ("uniform", {}, 1.0),
    ("uniform", {"low": -0.2, "high": 0.2}, 0.2),
    ("xavier_uniform", {}, sqrt(6 / (FAN_IN + FAN_OUT))),
    ("glorot_uniform", {}, sqrt(6 / (FAN_IN + FAN_OUT))),
    ("xavier_uniform", {"gain": 5 / 3}, 5 / 3 * sqrt(6 / (FAN_IN + FAN_OUT))),
    ("kaiming_uniform", {}, sqrt(6 / FAN_IN)),
    ("he_uniform", {"mode": "fan_out"}, sqrt(6 / FAN_OUT)),
    (
        "kaiming_uniform",
        {"nonlinearity": "leaky_relu", "negative_slope": sqrt(5)},
        sqrt(1 / FAN_IN),
    ),
    ("lecun_uniform", {}, sqrt(3 / FAN_IN)),
]
NORMAL = [
    ("normal", {}, 1.0),
    ("normal", {"std": 0.02}, 0.02),
    ("xavier_normal", {}, sqrt(2 / (FAN_IN + FAN_OUT))),
    ("glorot_normal", {}, sqrt(2 / (FAN_IN + FAN_OUT))),
    ("xavier_normal", {"gain": 2.0}, 2 * sqrt(2 / (FAN_IN + FAN_OUT))),
    ("kaiming_normal", {}, sqrt(2 / FAN_IN)),
    ("he_normal", {"nonlinearity": "linear", "mode": "fan_out"}, sqrt(1 / FAN_OUT)),
    ("lecun_normal", {}, sqrt(1 / FAN_IN)),
]


@pytest.mark.parametrize(("name", "arguments", "limit"), UNIFORM)
def test_uniform_initializers_fill_their_range(name, arguments, limit) -> None:
    x = draw(init.initializer(name, **arguments))
    assert x.shape == SHAPE and np.max(np.abs(x)) <= limit
    assert stats.kstest(x.ravel(), stats.uniform(-limit, 2 * limit).cdf).pvalue > 1e-4
    assert np.max(x) > 0.999 * limit and np.min(x) < -0.999 * limit


@pytest.mark.parametrize(("name", "arguments", "std"), NORMAL)
def test_normal_initializers_have_their_variance(name, arguments, std) -> None:
    x = draw(init.initializer(name, **arguments))
    assert x.shape == SHAPE
    assert stats.kstest(x.ravel(), stats.norm(0, std).cdf).pvalue > 1e-4
    assert abs(np.std(x) / std - 1) < 5 / sqrt(2 * SIZE)
    assert abs(np.mean(x)) < 5 * std / sqrt(SIZE)


@pytest.mark.parametrize(("name", "value"), [("zeros", 0.0), ("constant", 0.0)])
def test_constants(name, value) -> None:
    np.testing.assert_array_equal(draw(init.initializer(name), (3, 2)), np.full((3, 2), value))
    np.testing.assert_array_equal(draw(init.Constant(1.5), (4,)), np.full(4, 1.5))


def test_a_cut_normal_has_no_tail_and_a_smaller_deviation() -> None:
    x = draw(init.TruncatedNormal(3.0, 0.5))
    assert np.abs(x - 3.0).max() <= 1.0
    assert stats.kstest((x.ravel() - 3.0) / 0.5, stats.truncnorm(-2, 2).cdf).pvalue > 1e-4


def test_a_bias_in_the_range_of_its_layer() -> None:
    assert np.abs(draw(init.FanInUniform())).max() <= 1 / sqrt(FAN_IN)
    bias = draw(init.FanInUniform(2.0, fan_in=100), (5000,))
    assert 0.19 < np.abs(bias).max() <= 0.2


TORCH = [
    ("fan_in_uniform", {}, "kaiming_uniform_(w, a=5 ** 0.5)"),
    ("uniform", {"low": 0.0}, "uniform_(w)"),
    ("normal", {}, "normal_(w)"),
    ("xavier_uniform", {}, "xavier_uniform_(w)"),
    ("xavier_normal", {"gain": 2.0}, "xavier_normal_(w, gain=2.0)"),
    ("kaiming_uniform", {}, "kaiming_uniform_(w)"),
    ("kaiming_uniform", {"mode": "fan_out"}, "kaiming_uniform_(w, mode='fan_out')"),
    (
        "kaiming_normal",
        {"nonlinearity": "leaky_relu", "negative_slope": 0.5},
        "kaiming_normal_(w, a=0.5)",
    ),
    (
        "kaiming_uniform",
        {"nonlinearity": "leaky_relu", "negative_slope": sqrt(5)},
        "kaiming_uniform_(w, a=5 ** 0.5)",
    ),
    ("orthogonal", {"gain": 3.0}, "orthogonal_(w, gain=3.0)"),
]


def same_distribution(ours, theirs) -> None:
    """Two samples of one distribution: Kolmogorov and Smirnov do not reject it."""
    assert stats.ks_2samp(ours.ravel(), theirs.ravel()).pvalue > 1e-4


@pytest.mark.parametrize(("name", "arguments", "call"), TORCH)
def test_the_same_distribution_as_pytorch(name, arguments, call) -> None:
    text = f"(torch.manual_seed(1), nn.init.{call})[1]"
    w = np.empty((FAN_OUT, FAN_IN), np.float64)
    theirs = support.ask("torch").evaluate(text, {"w": w})["y"]
    same_distribution(draw(init.initializer(name, **arguments)), theirs)


PADDLE = [
    ("constant", {}, "Constant()"),
    ("normal", {}, "Normal()"),
    ("uniform", {}, "Uniform()"),
    ("xavier_uniform", {}, "XavierUniform()"),
    ("xavier_normal", {}, "XavierNormal()"),
    ("kaiming_uniform", {}, "KaimingUniform()"),
    ("kaiming_normal", {}, "KaimingNormal()"),
    (
        "kaiming_normal",
        {"nonlinearity": "leaky_relu", "negative_slope": 0.5},
        "KaimingNormal(negative_slope=0.5, nonlinearity='leaky_relu')",
    ),
    ("orthogonal", {}, "Orthogonal()"),
]


@pytest.mark.parametrize(("name", "arguments", "call"), PADDLE)
def test_the_same_distribution_as_paddle_by_default(name, arguments, call) -> None:
    start = f"default_initializer=nn.initializer.{call}"
    made = f"paddle.create_parameter({list(SHAPE)}, 'float32', {start})"
    theirs = support.ask("paddle").evaluate(f"(paddle.seed(1), {made})[1].detach()", {})["y"]
    ours = draw(init.initializer(name, **arguments)).astype(np.float32)
    assert theirs.shape == SHAPE
    same_distribution(ours, theirs)


def test_linear_starts_as_the_one_of_paddle() -> None:
    ours = Linear(FAN_IN, FAN_OUT).init(seed=3)
    made = f"(paddle.seed(1), nn.Linear({FAN_IN}, {FAN_OUT}))[1]"
    weight = support.ask("paddle").evaluate(f"{made}.weight.detach()", {})["y"]
    bias = support.ask("paddle").evaluate(f"{made}.bias.detach()", {})["y"]
    assert ours["weight"].shape == weight.shape and ours["weight"].dtype == weight.dtype
    same_distribution(ours["weight"], weight)
    limit = sqrt(6 / (FAN_IN + FAN_OUT))
    assert 0.99 * limit < np.max(np.abs(ours["weight"])) <= np.float32(limit)
    np.testing.assert_array_equal(ours["bias"], bias)


def test_linear_can_start_as_the_one_of_pytorch() -> None:
    weight_init = init.KaimingUniform("leaky_relu", sqrt(5))
    ours = Linear(FAN_IN, FAN_OUT, weight_init=weight_init).init(seed=3)["weight"]
    text = f"(torch.manual_seed(1), nn.Linear({FAN_IN}, {FAN_OUT}))[1].weight"
    theirs = support.ask("torch").evaluate(text, {})["y"]
    assert theirs.shape == (FAN_OUT, FAN_IN)
    same_distribution(ours, theirs)


@pytest.mark.parametrize("name", ["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"])
@pytest.mark.parametrize("slope", [0.0, 0.01, 0.2, sqrt(5), -2.0])
def test_gains_are_those_of_pytorch(name, slope) -> None:
    text = "torch.tensor(nn.init.calculate_gain(name, slope), dtype=torch.float64)"
    found = support.ask("torch").evaluate(text, {}, {"name": name, "slope": slope})["y"]
    assert init.gain(name, slope) == pytest.approx(float(found), rel=1e-15)


@pytest.mark.parametrize("shape", [(30, 20), (20, 30), (25, 25), (2, 3, 4), (1, 7), (7, 1)])
@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_orthogonal_has_orthonormal_rows_or_columns(shape, gain) -> None:
    flat = draw(init.Orthogonal(gain), shape).reshape(-1, shape[-1])
    small = flat.T @ flat if flat.shape[0] >= flat.shape[1] else flat @ flat.T
    np.testing.assert_allclose(small, gain**2 * np.eye(len(small)), atol=1e-14)


def test_orthogonal_takes_every_direction() -> None:
    first = np.array([draw(init.Orthogonal(), (2, 2), seed)[:, 0] for seed in range(4000)])
    angles = np.arctan2(first[:, 1], first[:, 0])
    assert stats.kstest(angles, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-4


@pytest.mark.parametrize("shape", [(), (5,)])
def test_orthogonal_needs_a_matrix(shape) -> None:
    with pytest.raises(ShapeError, match="two or more axes"):
        draw(init.Orthogonal(), shape)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((3, 5), (3, 5)), ((2, 3, 5), (6, 5)), ((4,), (4, 4)), ((), (1, 1)), ((0, 3), (0, 3))],
)
def test_fans(shape, expected) -> None:
    assert init.fans(shape) == expected


@pytest.mark.parametrize("name", sorted(init.INITIALIZERS))
def test_every_initializer_takes_an_empty_weight_and_repeats_its_seed(name) -> None:
    made = init.initializer(name)
    assert draw(made, (0, 3)).shape == (0, 3)
    np.testing.assert_array_equal(draw(made, (4, 3)), draw(made, (4, 3)))
    assert made == init.initializer(name)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: init.initializer("xavier"), "unknown initializer 'xavier': did you mean 'xavier_"),
        (lambda: init.initializer("normal", sigma=1), "initializer normal: .*sigma"),
        (lambda: init.gain("relu7"), "unknown nonlinearity 'relu7': did you mean 'relu'"),
        (lambda: draw(init.KaimingNormal(mode="fan_avg")), "unknown mode 'fan_avg'"),
        (lambda: draw(init.KaimingUniform(nonlinearity="rel")), "unknown nonlinearity 'rel'"),
    ],
)
def test_wrong_names_are_refused(call, told) -> None:
    with pytest.raises(UsageError, match=told):
        call()
