"""The limits of lifting, each with its sentence."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.errors import ContractError, UsageError
from backprove.lifted import Lifted, as_op
from backprove.net import Sequential
from learners import (
    COURSE,
    Answers,
    Square,
    X,
    linear,
    with_backward,
)


def test_backward_before_forward_says_so() -> None:
    for obj in (linear(), Square(), with_backward(lambda self, g: g)):
        with pytest.raises(UsageError, match="forward pass first"):
            Lifted(obj).backward(np.ones((5, 2)))
    with pytest.raises(UsageError, match=r"Square.backward reads a value that forward has not"):
        Square().backward(np.ones(3))


def test_backward_that_reads_what_forward_did_not_store_says_so() -> None:
    op = Lifted(with_backward(lambda self, g: g * self.y))
    _, saved = op.fwd(X)
    with pytest.raises(UsageError, match=r"no attribute 'y'\): run forward first, and bind"):
        op.bwd(saved, X)


def test_an_error_of_the_learner_is_not_hidden() -> None:
    op = Lifted(with_backward(lambda self, g: g @ self.x))
    _, saved = op.fwd(X)
    with pytest.raises(ValueError, match="matmul"):
        op.bwd(saved, X)
    op = Lifted(with_backward(lambda self, g: len(3)))
    with pytest.raises(TypeError, match="has no len"):
        op.bwd(op.fwd(X)[1], X)


def test_state_that_should_survive_is_lost_by_design() -> None:
    class Counting:
        def __init__(self):
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

        def backward(self, g):
            return g * self.calls

    obj = Counting()
    op = Lifted(obj)
    for _ in range(3):
        y, saved = op.fwd(X)
        np.testing.assert_array_equal(y, X)
        np.testing.assert_array_equal(op.bwd(saved, X)[0][0], X)
    assert obj.calls == 0


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        (3, "expected an object with forward and backward, found int"),
        (Answers(), "expected an object with forward and backward, found Answers"),
        (COURSE.Linear, r"make an object of it, Linear\(...\)"),
        (with_backward(lambda self, dh, dc: dh), "backward needs dh, dc, expected one argument"),
    ],
)
def test_what_cannot_be_lifted_is_refused(obj, message) -> None:
    with pytest.raises(ContractError, match=message):
        as_op(obj)


def test_slots_are_refused() -> None:
    class Slotted:
        __slots__ = ("x",)

        def forward(self, x):
            self.x = x
            return x

        def backward(self, g):
            return g

    with pytest.raises(ContractError, match="Slotted has __slots__"):
        Lifted(Slotted())


def test_a_forward_that_returns_nothing_is_refused() -> None:
    class Forgetful(COURSE.Linear):
        def forward(self, inputs):
            self.inputs = inputs

    with pytest.raises(ContractError, match=r"Forgetful.forward returned nothing"):
        Lifted(Forgetful(np.ones((3, 2)), np.zeros(2))).fwd(X)


def test_too_many_gradients_are_refused() -> None:
    op = Lifted(with_backward(lambda self, g: (g, g, g)))
    with pytest.raises(ContractError, match=r"returned 3 gradients for 1 inputs: put the param"):
        op.bwd(op.fwd(X)[1], X)


def test_a_wrong_number_of_inputs_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Multiply takes 2 inputs \(x, y\), found 1"):
        Lifted(COURSE.Multiply()).fwd(X)
    with pytest.raises(UsageError, match="Linear takes 1 inputs"):
        Lifted(linear()).fwd(X, X)


def test_a_part_that_misspells_a_parameter_or_gives_no_gradient_is_named() -> None:
    class Misspelt(COURSE.Linear):
        def backward(self, grads):
            super().backward(grads)
            self.grads["weight"] = self.grads["W"]
            return grads @ self.params["W"].T

    net = Sequential(Misspelt(np.ones((3, 2)), np.zeros(2)))
    _, saved = net.fwd(X, **net.init())
    with pytest.raises(
        ContractError, match=r"part 0 .* gradient for weight, expected only .* W, b"
    ):
        net.bwd(saved, np.ones((5, 2)))
    net = Sequential(linear(3, 3), with_backward(lambda self, g: None))
    _, saved = net.fwd(X, **net.init())
    with pytest.raises(ContractError, match=r"part 1 .* gave no gradient of its input"):
        net.bwd(saved, np.ones((5, 3)))
