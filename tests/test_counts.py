"""Amounts of compute: adding them up, and the numbers of the course's network worked by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backprove.counts import Cost, Count, elements, matmul
from backprove.net import Sequential
from backprove.ops.activation.leaky_relu import LeakyReLU
from backprove.ops.linear.linear import Linear

NUMBERS = st.integers(0, 10**12)
COUNTS = st.builds(Count, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS)


@settings(deadline=None)
@given(COUNTS, COUNTS, st.integers(0, 1000))
def test_counts_add_up_and_scale(a, b, n) -> None:
    assert a + b == b + a
    assert a + Count() == a
    assert n * (a + b) == a * n + b * n
    assert sum([a] * (n % 7), start=Count()) == a * (n % 7)
    assert (a + b).flop == a.flop + b.flop and (a * n).trans == a.trans * n


def test_every_kind_is_added_on_its_own() -> None:
    assert Count(1, 2, 3, 4, 5) + Count(10, 20, 30, 40, 50) == Count(11, 22, 33, 44, 55)
    assert 2 * Count(1, 2, 3, 4, 5) == Count(2, 4, 6, 8, 10)


class Tally(float):
    """A number that counts the products and sums it takes part in."""

    products = sums = 0

    def __mul__(self, other):
        Tally.products += 1
        return Tally(float(self) * float(other))

    def __add__(self, other):
        Tally.sums += 1
        return Tally(float(self) + float(other))


@pytest.mark.parametrize(("rows", "inner", "columns"), [(2, 3, 4), (1, 1, 1), (5, 1, 2), (1, 6, 1)])
def test_a_matrix_product_is_what_its_dot_products_take(rows, inner, columns) -> None:
    Tally.products = Tally.sums = 0
    a = [[Tally(1) for _ in range(inner)] for _ in range(rows)]
    b = [[Tally(1) for _ in range(columns)] for _ in range(inner)]
    for i in range(rows):
        for j in range(columns):
            total = a[i][0] * b[0][j]
            for k in range(1, inner):
                total = total + a[i][k] * b[k][j]
    found = matmul(rows, inner, columns)
    assert found.mac == Tally.products
    assert found.flop == Tally.products + Tally.sums


@pytest.mark.parametrize("sizes", [(0, 3, 4), (3, 0, 4), (3, 4, 0)])
def test_an_empty_matrix_product_takes_nothing(sizes) -> None:
    assert matmul(*sizes) == Count()


@pytest.mark.parametrize(("shape", "n"), [((), 1), ((0, 4), 0), ((2, 3), 6), ((7,), 7)])
def test_elements(shape, n) -> None:
    assert elements(shape) == n == np.zeros(shape).size


def test_the_gradient_of_the_input_can_be_left_out() -> None:
    cost = Cost(Count(), {"dx": Count(flop=5), "dweight": Count(mac=1), "dbias": Count(cheap=2)})
    assert cost.total_backward() == Count(mac=1, flop=5, cheap=2)
    assert cost.total_backward(input_grad=False) == Count(mac=1, cheap=2)
    named = Cost(Count(), {"da": Count(flop=1), "db": Count(flop=2), "dweight": Count(flop=4)})
    assert named.total_backward(input_grad=False, inputs=("a", "b")) == Count(flop=4)
    assert Cost().total_backward() == Count()


SIZES = (784, 1500, 500, 10)


def course():
    """The course's network: 784-1500-500-10 with LeakyReLU between."""
    first, second, third = (Linear(n, m) for n, m in pairwise(SIZES))
    return Sequential(first, LeakyReLU(), second, LeakyReLU(), third)


@pytest.mark.parametrize("batch", [1, 64])
def test_the_course_network_forward(batch) -> None:
    forward = course().cost((batch, 784)).forward
    assert forward.mac == 1_931_000 * batch
    assert forward.flop == (3_862_000 + 2_000) * batch
    assert forward.cheap == 4_000 * batch


@pytest.mark.parametrize("batch", [1, 64])
def test_the_course_network_backward(batch) -> None:
    cost = course().cost((batch, 784))
    weights = [cost.backward[f"{i}.dweight"] for i in (0, 2, 4)]
    assert 2 * sum(c.mac for c in weights) == 3_862_000 * batch
    inputs = [cost.backward[f"{i}.dx"] for i in (2, 4)]
    assert 2 * sum(c.mac for c in inputs) == 1_510_000 * batch
    assert sum(cost.backward[f"{i}.dbias"].flop for i in (0, 2, 4)) == (batch - 1) * 2010
    assert sum(cost.backward[f"{i}.dx"].flop for i in (1, 3)) == 2_000 * batch


def test_a_bias_adds_one_to_each_dot_product() -> None:
    with_bias, without = Linear(30, 20).cost((7, 30)), Linear(30, 20, bias=False).cost((7, 30))
    assert with_bias.forward.flop == 2 * with_bias.forward.mac == 2 * 7 * 30 * 20
    assert without.forward.flop == with_bias.forward.flop - 7 * 20
    assert "dbias" not in without.backward
