"""Bytes moved and arithmetic intensity: by hand, and against the arrays of a real execution."""

from __future__ import annotations

import numpy as np
import pytest

from backprove import LeakyReLU, Linear, ReLU, Sequential, messages, ops
from backprove.cost import cost, traffic
from backprove.cost.rendering import comma_separated

COURSE = Sequential(Linear(784, 1500), LeakyReLU(), Linear(1500, 500), LeakyReLU(), Linear(500, 10))


def counted():
    return cost(COURSE, (784,), batch_size=64, optimizer="adam", loss="cross_entropy")


def test_linear_by_hand() -> None:
    row = counted().rows[2]
    batch, m, n = 64, 1500, 500
    assert row.traffic("forward")[0] == 4 * (batch * m + m * n + n + batch * n)
    backward = 4 * (batch * n + batch * m + m * n + m * n + n + batch * m)
    flop = 2 * (2 * batch * m * n) + (batch - 1) * n
    assert row.traffic("backward") == (backward, flop / backward)
    assert row.traffic("optimizer") == (28 * (m * n + n), 13 / 28)


def test_the_first_layer_neither_reads_its_weight_again_nor_writes_dx() -> None:
    batch, m, n = 64, 784, 1500
    assert counted().rows[0].backward_bytes == 4 * (batch * n + batch * m + m * n + n)


@pytest.mark.parametrize(("optimizer", "each"), [("sgd", 12), ("momentum", 20), ("adam", 28)])
def test_optimizers(optimizer, each) -> None:
    found = cost(COURSE, (784,), optimizer=optimizer)
    assert sum(row.optimizer_bytes for row in found.rows) == each * 1_933_010
    assert found.totals["moved"]["optimizer"] == each * 1_933_010


def test_shared_parameters_are_updated_once() -> None:
    shared = Linear(10, 10)
    rows = cost(Sequential(shared, shared), (10,), optimizer="sgd").rows
    assert [row.optimizer_bytes for row in rows] == [12 * 110, 0]


def size(found) -> int:
    """The bytes of all arrays in a structure."""
    if isinstance(found, dict):
        return sum(size(x) for x in found.values())
    if isinstance(found, tuple):
        return sum(size(x) for x in found)
    return found.nbytes if isinstance(found, np.ndarray) else 0


NAMES = ["LeakyReLU", "Sigmoid", "Tanh", "GELU", "Softmax", "ELU", "SiLU"]


LINEAR = [Linear(48, 48), Linear(48, 48, bias=False)]


@pytest.mark.parametrize("op", [*LINEAR, *map(ops.operator, NAMES)])
def test_against_the_arrays_that_are_handed_over(op) -> None:
    net = Sequential(Linear(8, 48), op)
    row = cost(net, (8,), batch_size=16).rows[1]
    x = np.random.default_rng(0).standard_normal((16, 48)).astype(np.float32)
    values = op.init()
    y, saved = op.fwd(x, **values)
    assert row.moved_bytes == size(x) + size(values) + size(y)
    assert row.backward_bytes == size(y) + size(saved) + size(op.bwd(saved, y))


def test_the_table_leaves_out_what_moves_nothing_and_adds_up() -> None:
    net = Sequential(ops.operator("Flatten"), Linear(784, 32), ReLU(), Linear(32, 10))
    found = cost(net, (28, 28), batch_size=8, optimizer="adam")
    headings, rows = traffic.cells(found)
    assert [row[0] for row in rows] == ["1", "2", "3", "total"]
    for column in (2, 4, 6):
        numbers = [int(row[column].replace(",", "") or 0) for row in rows]
        assert sum(numbers[:-1]) == numbers[-1]
    assert rows[0][7] == "0.46" and rows[1][7] == ""
    messages.choose_language("zh")
    try:
        assert "每字节运算次数" in traffic.text(found) and headings[2] == "forward (B)"
    finally:
        messages.choose_language("auto")


def test_columns() -> None:
    lines = comma_separated(counted()).splitlines()
    table = [dict(zip(lines[0].split(","), line.split(","), strict=True)) for line in lines[1:]]
    assert float(table[0]["optimizer_intensity"]) == pytest.approx(13 / 28, rel=1e-5)
    assert int(table[-1]["optimizer_bytes"]) == 28 * 1_933_010
    assert table[1]["optimizer_intensity"] == ""
