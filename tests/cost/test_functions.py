"""Plain functions as networks of PyTorch and Paddle."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import ask

from backprove.cost.frameworks import cost_of_file
from backprove.errors import ShapeError, UsageError

HERE = Path(__file__).parent / "networks"
LIBRARIES = pytest.mark.parametrize("library", ["torch", "paddle"])
HANDS = """
import sys
sys.path.insert(0, {folder!r})
import functions_{library} as functions
from backprove.cost import cost

found = cost(functions.nested, 8, batch_size=4)
assert found.totals["parameters"]["total"] == 4 * 8 + 4 + 8 * 4
assert found.operations("forward", "mac") == 2 * 4 * 32
assert cost(functions.affine, "4,20").subject == "affine"
"""


def count(library, name, shapes, **settings):
    ask(library)
    return cost_of_file(f"{HERE / f'functions_{library}.py'}::{name}", shapes, **settings)


@LIBRARIES
@pytest.mark.parametrize("abstract", [False, True])
@pytest.mark.parametrize(
    ("name", "shapes", "parameters", "macs", "dx"),
    [
        ("affine", "4,20", 210, 800, 0),
        ("bound", "4,20", 200, 800, 0),
        ("network", "4,8", 8 * 16 + 16 + 16 * 3 + 3, 4 * (128 + 48), 4 * 48),
        ("nested", "4,8", 36 + 32, 2 * 4 * 32, 0),
        ("scaled", "4,8;4,8", 0, 0, 0),
    ],
)
def test_its_parameters_are_what_it_reads(
    library, name, shapes, parameters, macs, dx, abstract
) -> None:
    found = count(library, name, shapes, abstract=abstract, optimizer="sgd")
    assert found.complete, [row.operator for row in found.rows if not row.known]
    assert found.totals["parameters"]["total"] == parameters
    assert found.totals["executed"]["unregistered"] == [0, 0]
    assert found.operations("forward", "mac") == found.operations("dweight", "mac") == macs
    assert found.operations("dx", "mac") == dx
    assert found.operations("optimizer") == 2 * parameters


@LIBRARIES
def test_layers_that_it_reads_have_rows(library) -> None:
    found = count(library, "nested", "4,8")
    assert [row.name for row in found.rows] == ["(root)", "first"]
    assert found.rows[0].operator == "nested"


@LIBRARIES
def test_a_function_that_makes_a_network_wants_its_arguments(library) -> None:
    with pytest.raises(ShapeError, match=r"which is a network.*--with"):
        count(library, "made", "4,20")
    found = count(library, "made", "4,20", arguments={"width": 10})
    assert found.totals["parameters"]["total"] == 210


@LIBRARIES
def test_what_it_raises_is_told(library) -> None:
    with pytest.raises(ShapeError, match=r"network of .*, a function that takes the inputs"):
        count(library, "network", "4,9")
    with pytest.raises(UsageError, match=r"it has .*affine"):
        count(library, "nothing", "4,9")


@LIBRARIES
def test_a_function_at_hand(library) -> None:
    ask(library)
    program = HANDS.format(folder=str(HERE), library=library)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
