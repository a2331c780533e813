"""Lifting: objects of the teaching spelling as pure operators."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.errors import ContractError, UsageError
from backprove.lifted import Lifted, as_op
from backprove.net import Sequential
from backprove.op import Op
from backprove.ops import Dropout, Tanh
from gradient_check import check_operator
from learners import (
    COURSE,
    Caching,
    Square,
    X,
    linear,
    two_layers,
)


@pytest.mark.parametrize("bias", [np.zeros(2), np.zeros((1, 2)), np.zeros(1)], ids=["D", "1D", "1"])
def test_a_linear_layer_with_a_bias_of_any_shape(bias) -> None:
    layer = linear(3, 1 if bias.shape == (1,) else 2, bias)
    op = Lifted(layer)
    check_operator(op, X)
    _, saved = op.fwd(X)
    _, grads = op.bwd(saved, np.ones((5, layer.params["W"].shape[1])))
    assert grads["b"].shape == bias.shape
    assert op.parameters()["b"].shape == bias.shape


def test_several_inputs_give_a_tuple_of_gradients() -> None:
    op = Lifted(COURSE.Multiply())
    assert op.signature.inputs == ("x", "y")
    x, y = X, X[::-1] + 3
    _, saved = op.fwd(x, y)
    (dx, dy), grads = op.bwd(saved, np.full((5, 3), 2.0))
    np.testing.assert_array_equal(dx, 2 * y)
    np.testing.assert_array_equal(dy, 2 * x)
    assert grads == {}


def test_gradients_may_be_returned_in_a_list_or_with_a_dictionary() -> None:
    class Scale:
        def __init__(self):
            self.params = {"s": np.array(2.0)}

        def forward(self, x, y):
            self.kept = x + y
            return self.params["s"] * self.kept

        def backward(self, g):
            return [g * self.params["s"], g * self.params["s"], {"s": np.sum(g * self.kept)}]

    op = Lifted(Scale())
    y, saved = op.fwd(X, X)
    (dx, _), grads = op.bwd(saved, np.ones_like(X))
    np.testing.assert_array_equal(dx, np.full((5, 3), 2.0))
    np.testing.assert_allclose(grads["s"], 2 * X.sum())
    np.testing.assert_allclose(y, 4 * X)


def test_other_parameters_than_the_objects_own_can_be_given() -> None:
    layer = linear()

    class Aliased(type(layer)):
        def forward(self, inputs):
            self.inputs = inputs
            return inputs @ self.W + self.params["b"]

    obj = Aliased(layer.params["W"], layer.params["b"])
    obj.W = obj.params["W"]
    for target in (layer, obj):
        y, _ = Lifted(target).fwd(X, W=np.ones((3, 2)))
        np.testing.assert_allclose(y, np.tile(X.sum(1, keepdims=True), 2))
        assert target.params["W"] is layer.params["W"]
    with pytest.raises(UsageError, match="unknown parameter 'w': did you mean 'W'"):
        Lifted(layer).fwd(X, w=np.ones((3, 2)))


def test_old_entries_of_grads_do_not_leak_and_adding_to_them_works() -> None:
    class Adding(COURSE.Linear):
        def backward(self, grads):
            self.grads["W"] += self.inputs.T @ grads
            self.grads["b"] += grads.sum(0)

    obj = Adding(np.ones((3, 2)), np.zeros(2))
    obj.grads = {"W": np.full((3, 2), 7.0), "b": np.full(2, 7.0)}
    op = Lifted(obj)
    for _ in range(2):
        _, saved = op.fwd(X)
        (dx,), grads = op.bwd(saved, np.ones((5, 2)))
        np.testing.assert_allclose(grads["W"], X.T @ np.ones((5, 2)))
        np.testing.assert_allclose(grads["b"], [5.0, 5.0])
        assert dx is None
    np.testing.assert_array_equal(obj.grads["W"], np.full((3, 2), 7.0))


def test_the_object_is_never_changed() -> None:
    model = two_layers()
    before = {id(part): dict(vars(part)) for part in (model, *model.layers)}
    op = Lifted(model)
    _, saved = op.fwd(X)
    first = op.bwd(saved, np.ones((5, 1)))
    again = op.bwd(saved, np.ones((5, 1)))
    for part in (model, *model.layers):
        assert vars(part).keys() == before[id(part)].keys()
        assert all(vars(part)[k] is v for k, v in before[id(part)].items())
        assert not getattr(part, "grads", None)
    for name, gradient in first[1].items():
        np.testing.assert_array_equal(gradient, again[1][name])


def test_dictionaries_lists_and_a_bare_call_work() -> None:
    obj = Caching()
    check_operator(Lifted(obj), X)
    assert obj.cache == {} and obj.history == []


def test_one_object_run_twice_before_backward() -> None:
    op = Lifted(Caching())
    _, first = op.fwd(X)
    op.fwd(100 * X)
    (dx,), _ = op.bwd(first, np.ones_like(X))
    np.testing.assert_allclose(dx, np.cos(X))


def test_the_teaching_spelling_inside_op() -> None:
    op = Square(3.0)
    assert Square.signature.teaching
    np.testing.assert_array_equal(op(X), 3 * X * X)
    np.testing.assert_array_equal(op.backward(np.ones_like(X)), 6 * X)
    np.testing.assert_allclose(op.grads["scale"], np.sum(X * X))
    assert op.parameters()["scale"].shape == (1,)
    check_operator(Lifted(op), X)
    check_operator(Sequential(op, op), X, tolerance=1e-5)
    fresh = Square()
    _, saved = fresh.fwd(X)
    np.testing.assert_array_equal(fresh.bwd(saved, np.ones_like(X))[0][0], 2 * X)
    assert fresh.inputs is None


class Affine:
    """The library spelling without inheriting from Op."""

    def __init__(self):
        self.params = {"w": np.array([2.0, 3.0, 4.0])}

    def forward(self, x, *, w):
        return x * w

    def backward(self, dy, *, x, w):
        return dy * w, {"w": (dy * x).sum(0)}


def test_the_library_spelling_without_op() -> None:
    op = as_op(Affine())
    assert isinstance(op, Op) and not op.signature.teaching
    assert op.signature.residuals == ("x", "w")
    check_operator(op, X)
    np.testing.assert_array_equal(op(X), X * [2.0, 3.0, 4.0])
    dx, grads = op.backward(np.ones_like(X))
    np.testing.assert_array_equal(dx, np.tile([2.0, 3.0, 4.0], (5, 1)))
    np.testing.assert_allclose(grads["w"], X.sum(0))
    check_operator(Sequential(Affine(), Tanh()), X)


def test_what_is_an_operator_already_is_left_alone() -> None:
    for op in (Tanh(), Lifted(linear()), Sequential(Tanh())):
        assert as_op(op) is op


def test_training_and_key_reach_a_forward_that_asks_for_them() -> None:
    class Noisy:
        def forward(self, x, training=False):
            self.factor = 2.0 if training else 1.0
            return self.factor * x

        def backward(self, g):
            return self.factor * g

    net = Sequential(Noisy(), Dropout(0.0), linear())
    assert net.signature.context == ("key", "training")
    op = Lifted(Noisy())
    np.testing.assert_array_equal(op.fwd(X, training=True)[0], 2 * X)
    np.testing.assert_array_equal(op.fwd(X)[0], X)
    np.testing.assert_array_equal(Lifted(Caching()).fwd(X, training=True)[0], np.sin(X))


def test_shape_and_cost_of_a_lifted_object() -> None:
    op = Lifted(linear(3, 2))
    assert op.shape((7, 3)) == (7, 2)
    assert Sequential(linear(3, 4), linear(4, 2)).shape((6, 3)) == (6, 2)
    with pytest.raises(ContractError, match="Linear has no formula for its compute"):
        op.cost((7, 3))
    with pytest.raises(ContractError, match="output shape of Linear cannot be found"):
        op.shape((7, 4))
