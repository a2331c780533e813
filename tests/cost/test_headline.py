"""The headline counts of the course's network, worked out by hand from the sizes."""

from __future__ import annotations

import pytest

from backprove import LeakyReLU, Linear, ReLU, Residual, Sequential
from backprove.cost.headline import step_cost
from backprove.optim import SGD, Adam

COURSE = Sequential(Linear(784, 1500), LeakyReLU(), Linear(1500, 500), LeakyReLU(), Linear(500, 10))
FORWARD = 784 * 1500 + 1500 * 500 + 500 * 10
BACKWARD = FORWARD + 1500 * 500 + 500 * 10


@pytest.mark.parametrize("batch", [1, 64])
def test_course_network(batch) -> None:
    found = step_cost(COURSE, (784,), batch, Adam())
    assert found.parameters == 1_933_010
    assert (found.forward_macs, found.backward_macs) == (batch * FORWARD, batch * BACKWARD)
    biases, activations = 2010, 2000
    expected = batch * biases + (batch - 1) * biases + 2 * batch * activations
    assert found.elementwise == expected
    assert found.optimizer == 13 * 1_933_010


def test_whole_step_of_the_course_network() -> None:
    assert step_cost(COURSE, (784,), 64, Adam()).total == 616_616_400
    assert step_cost(COURSE, (784,), 1, Adam()).total == 34_369_140


def test_leading_activation_needs_no_gradient() -> None:
    net = Sequential(ReLU(), Linear(3, 2, bias=False))
    found = step_cost(net, (3,), 5, SGD())
    assert (found.forward_macs, found.backward_macs) == (30, 30)
    assert found.elementwise == 15
    assert found.optimizer == 2 * 6


def test_residual_counts_its_additions() -> None:
    net = Sequential(Linear(3, 4, bias=False), Residual(Linear(4, 4, bias=False)))
    found = step_cost(net, (3,), 5)
    assert (found.forward_macs, found.backward_macs) == (60 + 80, 60 + 160)
    assert found.elementwise == 20 + 20
