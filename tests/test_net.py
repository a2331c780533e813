"""Networks: gradients, names, state, keys, statistics, shared parameters, refusals."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from backprove import random
from backprove.counts import Count
from backprove.errors import CheckpointError, ContractError, ShapeError, UsageError
from backprove.net import Composite, Parallel, Residual, Sequential
from backprove.ops import (
    Add,
    BatchNorm1D,
    CrossEntropy,
    Dropout,
    Flatten,
    LayerNorm,
    Linear,
    Sigmoid,
    Tanh,
)
from gradient_check import check_operator, slope

X = np.random.default_rng(4).standard_normal((5, 3))
SHARED = Linear(3, 3)
NETS = {
    "sequential": lambda: Sequential(Linear(3, 4), Tanh(), Linear(4, 2)),
    "named": lambda: Sequential({"fc1": Linear(3, 4), "act": Tanh(), "fc2": Linear(4, 2)}),
    "residual": lambda: Residual(Sequential(Linear(3, 3), Tanh())),
    "residual with a shortcut": lambda: Residual(Linear(3, 2), Linear(3, 2, bias=False)),
    "parallel sum": lambda: Parallel(Linear(3, 2), Sequential(Tanh(), Linear(3, 2))),
    "parallel concat": lambda: Parallel(Linear(3, 2), Tanh(), Linear(3, 1), join="concat"),
    "one branch": lambda: Parallel(Linear(3, 2)),
    "normalised": lambda: Sequential(LayerNorm(3), Linear(3, 4), BatchNorm1D(4), Sigmoid()),
    "without parameters": lambda: Sequential(Tanh(), Sigmoid()),
    "empty": lambda: Sequential(),
    "nested": lambda: Sequential(
        Flatten(),
        Residual(Sequential(Linear(3, 3), Tanh())),
        Parallel(Linear(3, 2), Residual(Sequential(Linear(3, 3))), join="concat"),
        Linear(5, 1),
    ),
    "shared": lambda: Sequential(SHARED, Tanh(), SHARED, Sigmoid(), Linear(3, 2)),
    "shared across levels": lambda: Sequential(
        Residual(Sequential(SHARED, Tanh())), Parallel(SHARED, Sequential(SHARED, SHARED)), SHARED
    ),
}


@pytest.fixture(params=NETS)
def net(request) -> Composite:
    return NETS[request.param]()


def test_gradients_are_differences(net) -> None:
    check_operator(net, X)


def test_training_gradients_with_statistics_and_masks_are_differences() -> None:
    net = Sequential(
        Linear(3, 4), BatchNorm1D(4), Residual(Sequential(Dropout(0.3), Tanh())), Linear(4, 1)
    )
    context = {"training": True, "key": random.key(5)}
    values = net.init(1, "float64")
    _, saved = net.fwd(X, **values, **context)
    dy = np.random.default_rng(6).standard_normal((5, 1))
    (dx,), grads = net.bwd(saved, dy)

    def objective(x, **moved):
        return np.sum(dy * net.fwd(x, **{**values, **moved}, **context)[0])

    np.testing.assert_allclose(dx, slope(objective, X), rtol=1e-6, atol=1e-9)
    for name, gradient in grads.items():
        expected = slope(lambda v, k=name: objective(X, **{k: v}), values[name])
        np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


def test_without_the_input_gradient_the_others_are_the_same(net) -> None:
    y, saved = net.fwd(X, **net.init(2, "float64"))
    dy = np.ones_like(y)
    (dx,), grads = net.bwd(saved, dy, input_grad=False)
    assert dx is None
    expected = net.bwd(saved, dy)[1]
    assert list(grads) == list(expected) == list(net.parameters())
    for name, gradient in grads.items():
        np.testing.assert_array_equal(gradient, expected[name])


def test_compiled_equals_eager(net) -> None:
    values, x = net.init(2), X.astype(np.float32)

    @jax.jit
    def run(values, x):
        y, saved = net.fwd(x, **values)
        return y, net.bwd(saved, jnp.ones_like(y))

    y, ((dx,), grads) = run(values, x)
    expected, saved = net.fwd(x, **values)
    (expected_dx,), expected_grads = net.bwd(saved, np.ones_like(expected))
    np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dx, expected_dx, rtol=1e-5, atol=1e-5)
    for name, gradient in expected_grads.items():
        np.testing.assert_allclose(grads[name], gradient, rtol=1e-4, atol=1e-5)


def test_shape_is_the_shape_of_the_output(net) -> None:
    assert net.shape((5, 3)) == net.fwd(X, **net.init())[0].shape


# Names


def test_names_are_dotted_paths() -> None:
    assert list(NETS["nested"]().parameters()) == [
        "1.body.0.weight",
        "1.body.0.bias",
        "2.0.weight",
        "2.0.bias",
        "2.1.body.0.weight",
        "2.1.body.0.bias",
        "3.weight",
        "3.bias",
    ]
    assert list(NETS["named"]().parameters()) == [
        "fc1.weight",
        "fc1.bias",
        "fc2.weight",
        "fc2.bias",
    ]
    assert list(NETS["normalised"]().states()) == ["2.running_mean", "2.running_var"]


def test_leaves_are_the_operators_that_are_not_made_of_others() -> None:
    assert [(name, type(op).__name__) for name, op in NETS["nested"]().leaves()] == [
        ("0", "Flatten"),
        ("1.body.0", "Linear"),
        ("1.body.1", "Tanh"),
        ("2.0", "Linear"),
        ("2.1.body.0", "Linear"),
        ("3", "Linear"),
    ]


def test_parts_are_found_by_place_and_by_name() -> None:
    net = NETS["nested"]()
    assert len(net) == 4 and next(iter(net)) is net[0] is net["0"]
    assert net[-1] is net[3] is net["3"]
    assert net["1.body.0"] is net[1][0][0]
    assert isinstance(NETS["named"]()["fc2"], Linear)
    with pytest.raises(IndexError):
        net[4]
    with pytest.raises(UsageError, match="unknown part 'fc3': did you mean 'fc"):
        NETS["named"]()["fc3"]
    with pytest.raises(UsageError, match=r"unknown part '3\.0'"):
        net["3.0"]
    with pytest.raises(UsageError, match="unknown part 'x'"):
        Sequential()["x"]


def test_repr_shows_the_tree() -> None:
    net = Sequential({"fc": Linear(3, 3), "block": Residual(Sequential(Tanh()))})
    assert repr(net) == (
        "Sequential(\n"
        "  (fc): Linear(in_features=3, out_features=3, bias=True)\n"
        "  (block): Residual(\n"
        "    (body): Sequential(\n"
        "      (0): Tanh()\n"
        "    )\n"
        "  )\n"
        ")"
    )
    assert repr(Sequential()) == "Sequential()"


@pytest.mark.parametrize("name", ["", "a.b"])
def test_names_with_dots_are_refused(name) -> None:
    with pytest.raises(UsageError, match="a part's name without a dot"):
        Sequential({name: Tanh()})


# State


def test_state_dict_goes_round() -> None:
    first, second = NETS["normalised"](), NETS["normalised"]()
    first(X, training=True)
    values = first.state_dict()
    assert list(values) == [*first.parameters(), *first.states()]
    assert np.any(values["2.running_mean"] != 0)
    values = {k: v + 0.5 for k, v in values.items()}
    second.load_state_dict(values)
    for name, value in second.state_dict().items():
        np.testing.assert_array_equal(value, values[name])
    np.testing.assert_array_equal(second(X), second.fwd(X, **values)[0])


def test_a_state_dict_is_a_copy_of_the_names() -> None:
    net = NETS["sequential"]()
    values = net.state_dict()
    values.clear()
    assert list(net.state_dict()) == list(net.parameters())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.pop("0.weight"), "has a parameter 0.weight, which is not among the values"),
        (lambda v: v.update({"9.bias": v["0.bias"]}), r"hold 9.bias, which the network does not"),
        (
            lambda v: v.update({"0.weight": v["0.weight"].T}),
            r"0.weight has the shape \(3, 4\) .*4, 3",
        ),
    ],
)
def test_the_state_of_another_network_is_refused(change, message) -> None:
    net = NETS["sequential"]()
    values = net.state_dict()
    change(values)
    with pytest.raises(CheckpointError, match=message):
        net.load_state_dict(values)
    with pytest.raises(CheckpointError, match="another network"):
        NETS["residual"]().load_state_dict(NETS["sequential"]().state_dict())


def test_running_statistics_of_nested_networks() -> None:
    norm = BatchNorm1D(3)
    net = Sequential(Residual(Sequential({"norm": norm, "act": Tanh()})), BatchNorm1D(3))
    names = ["0.body.norm.running_mean", "0.body.norm.running_var"]
    assert list(net.states()) == [*names, "1.running_mean", "1.running_var"]
    values = net.init(dtype="float64")
    _, saved = net.fwd(X, **values, training=True)
    new = net.new_state(saved)
    np.testing.assert_allclose(new[names[0]], 0.1 * X.mean(0))
    alone = norm.fwd(X, **norm.init(dtype="float64"), training=True)[0]
    np.testing.assert_allclose(new["1.running_mean"], 0.1 * (X + np.tanh(alone)).mean(0))
    _, saved = net.fwd(X, **values)
    for name, value in net.new_state(saved).items():
        np.testing.assert_array_equal(value, values[name])


def test_statistics_beside_branches() -> None:
    net = Parallel(BatchNorm1D(3), Linear(3, 3), BatchNorm1D(3), join="concat")
    _, saved = net.fwd(X, **net.init(dtype="float64"), training=True)
    new = net.new_state(saved)
    assert list(new) == list(net.states())
    np.testing.assert_allclose(new["2.running_mean"], 0.1 * X.mean(0))


# Keys


def test_two_dropouts_draw_different_masks() -> None:
    x = np.ones((1, 1000))
    net = Parallel(
        Dropout(0.5), Sequential(Dropout(0.5), Dropout(0.5)), Dropout(0.5), join="concat"
    )
    y, _ = net.fwd(x, training=True, key=random.key(0))
    masks = np.split(y[0] != 0, 3)
    assert abs(masks[1].mean() - 0.25) < 0.07
    for i in range(3):
        for j in range(i):
            assert 0.4 < np.mean(masks[i] == masks[j]) < 0.6
    again, _ = net.fwd(x, training=True, key=random.key(0))
    np.testing.assert_array_equal(y, again)
    other, _ = net.fwd(x, training=True, key=random.key(1))
    assert 0.4 < np.mean((y == 0) == (other == 0)) < 0.7


def test_one_dropout_twice_draws_two_masks() -> None:
    drop = Dropout(0.5)
    y, _ = Sequential(drop, drop).fwd(np.ones(4000), training=True, key=random.key(2))
    assert abs(np.mean(y != 0) - 0.25) < 0.05


def test_numpy_and_jax_drop_the_same_units() -> None:
    net = Sequential(Dropout(0.5), Residual(Dropout(0.2)))
    x = np.ones((20, 20), dtype=np.float32)
    y, _ = net.fwd(x, training=True, key=random.key(3))
    run = jax.jit(lambda x, key: net.fwd(x, training=True, key=key)[0])
    np.testing.assert_array_equal(run(x, random.key(3)), y)


def test_a_network_asks_only_for_what_its_parts_use() -> None:
    assert Sequential(Tanh()).signature.context == ()
    assert Sequential(Sequential(BatchNorm1D(3))).signature.context == ("training",)
    assert Sequential(Residual(Dropout())).signature.context == ("key", "training")
    y, _ = Sequential(Tanh()).fwd(X, training=True, key=random.key(0))
    np.testing.assert_array_equal(y, np.tanh(X))


# Shared parameters


def test_an_operator_that_occurs_twice_has_its_parameters_once() -> None:
    assert list(NETS["shared"]().parameters()) == ["0.weight", "0.bias", "4.weight", "4.bias"]
    assert list(NETS["shared across levels"]().parameters()) == ["0.body.0.weight", "0.body.0.bias"]
    assert list(NETS["shared across levels"]().state_dict()) == ["0.body.0.weight", "0.body.0.bias"]


def test_parameters_once_and_compute_every_time() -> None:
    layer = Linear(100, 100)
    net = Sequential(layer, layer, layer)
    assert sum(np.prod(p.shape) for p in net.parameters().values()) == 10_100
    cost = net.cost((1, 100))
    assert cost.forward.mac == 30_000
    alone = layer.cost((1, 100)).total_backward()
    assert cost.total_backward().flop == 3 * alone.flop + 2 * 10_100


def test_one_normalisation_twice_moves_its_statistics_twice() -> None:
    norm = BatchNorm1D(3, momentum=0.5, affine=False)
    net = Sequential(norm, norm)
    assert list(net.states()) == ["0.running_mean", "0.running_var"]
    _, saved = net.fwd(X, **net.init(dtype="float64"), training=True)
    new = net.new_state(saved)
    np.testing.assert_allclose(new["0.running_mean"], 0.25 * X.mean(0))
    np.testing.assert_allclose(new["0.running_var"], 0.5 * (0.5 + 0.5 * X.var(0)) + 0.5, rtol=1e-4)


def test_two_equal_operators_share_nothing() -> None:
    net = Sequential(Linear(3, 3), Linear(3, 3))
    assert len(net.parameters()) == 4
    values = net.init()
    assert not np.array_equal(values["0.weight"], values["1.weight"])


# The facade


def test_the_facade_runs_with_the_networks_own_values() -> None:
    net = NETS["nested"]()
    y = net(X)
    np.testing.assert_array_equal(y, net.fwd(X, **net.state_dict())[0])
    dx, grads = net.backward(np.ones((5, 1)))
    expected, by_name = net.bwd(net.fwd(X, **net.state_dict())[1], np.ones((5, 1)))
    np.testing.assert_array_equal(dx, expected[0])
    assert grads.keys() == by_name.keys()
    np.testing.assert_array_equal(net.forward(X), y)
    fresh = NETS["without parameters"]()
    fresh(X)
    assert fresh.backward(np.ones_like(X)).shape == X.shape


def test_backward_without_forward_says_so() -> None:
    with pytest.raises(UsageError, match=r"Sequential.backward.dy. needs a forward pass first"):
        NETS["sequential"]().backward(np.ones((5, 2)))


# Refusals


@pytest.mark.parametrize(
    ("build", "error", "message"),
    [
        (lambda: Sequential(CrossEntropy()), ContractError, "part 0 .* takes 2 inputs"),
        (lambda: Sequential(Tanh(), Add()), ContractError, "part 1 .* takes 2 inputs"),
        (lambda: Sequential(Linear), ContractError, "expected an operator, found the class Linear"),
        (
            lambda: Sequential(np.tanh),
            ContractError,
            "expected an object with forward and backward",
        ),
        (lambda: Parallel(), UsageError, "one branch or more"),
        (lambda: Parallel(Tanh(), join="mean"), UsageError, "'sum' or 'concat', found 'mean'"),
    ],
)
def test_what_cannot_be_built_is_refused(build, error, message) -> None:
    with pytest.raises(error, match=message):
        build()


def test_unknown_values_are_refused() -> None:
    net = NETS["sequential"]()
    with pytest.raises(UsageError, match=r"unknown parameter '0.wieght': did you mean '0.weight'"):
        net.fwd(X, **net.init(), **{"0.wieght": 1})
    with pytest.raises(UsageError, match="takes one input, found 2"):
        net.fwd(X, X)
    with pytest.raises(UsageError, match="Linear needs a value for weight"):
        net.fwd(X)


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (Residual(Linear(3, 2)), r"body \(5, 2\), shortcut \(5, 3\): add a shortcut"),
        (Residual(Linear(3, 1)), "add a shortcut"),
        (Parallel(Linear(3, 2), Linear(3, 1)), r"0 \(5, 2\), 1 \(5, 1\): use join='concat'"),
        (Parallel(Flatten(0), Tanh(), join="concat"), "only the last lengths may differ"),
    ],
)
def test_shapes_that_would_broadcast_are_refused(net, message) -> None:
    with pytest.raises(ShapeError, match=message):
        net.fwd(X, **net.init())


def test_costs_add_up() -> None:
    one = Linear(3, 3).cost((5, 3))
    residual = Residual(Linear(3, 3)).cost((5, 3))
    assert residual.forward == one.forward + Count(flop=15)
    assert residual.total_backward() == one.total_backward() + Count(flop=15)
    both = Parallel(Linear(3, 3), Linear(3, 3)).cost((5, 3))
    assert both.forward == 2 * one.forward + Count(flop=15)
    chain = Sequential(Linear(3, 3), Linear(3, 3)).cost((5, 3))
    assert chain.forward == 2 * one.forward
    assert set(chain.backward) == {f"{i}.d{k}" for i in (0, 1) for k in ("x", "weight", "bias")}
