"""The compute that the elementwise operators declare is the compute that they execute."""

from __future__ import annotations

import numpy as np
import pytest

import counting
import support
from backprove.counts import Count
from backprove.ops.elementwise.add import Add
from backprove.ops.elementwise.divide import Divide
from backprove.ops.elementwise.exp import Exp
from backprove.ops.elementwise.log import Log
from backprove.ops.elementwise.matmul import MatMul
from backprove.ops.elementwise.multiply import Multiply
from backprove.ops.elementwise.power import Power
from backprove.ops.elementwise.subtract import Subtract

CASES = [
    pytest.param(cls, case, id=f"{cls.__name__}-{i}")
    for cls in (Add, Divide, Exp, Log, MatMul, Multiply, Power, Subtract)
    for i, case in enumerate(cls.CASES)
]


@pytest.mark.parametrize(("cls", "case"), CASES)
def test_declared_is_executed(cls, case) -> None:
    built = support.build(cls, case)
    declared = built.op.cost(*(np.shape(x) for x in built.inputs))
    forward, backward = counting.counts(built.op, built.inputs, built.values, built.dy)
    assert forward == declared.forward
    assert backward == declared.total_backward()


def test_matmul_by_hand() -> None:
    cost = MatMul().cost((64, 784), (784, 1500))
    mac = 64 * 784 * 1500
    assert cost.forward == Count(mac=mac, flop=2 * mac - 64 * 1500)
    assert cost.backward["db"] == Count(mac=mac, flop=2 * mac - 784 * 1500)


def test_a_stretched_input_pays_for_the_sum() -> None:
    cost = Add().cost((64, 500), (500,))
    assert cost.forward == Count(flop=32_000)
    assert cost.backward == {"da": Count(), "db": Count(flop=31_500)}
