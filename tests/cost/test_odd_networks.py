"""Networks written in unusual ways: what is counted, under which gradient, and what is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import ask

from backprove import messages
from backprove.cost.frameworks import cost_of_file
from backprove.errors import DataError

HERE = Path(__file__).parent / "networks"
LIBRARIES = pytest.mark.parametrize("library", ["torch", "paddle"])
GRADIENTS = ("dx", "dweight", "dbias")


@pytest.fixture(autouse=True)
def _english():
    messages.choose_language("en")
    yield
    messages.choose_language("auto")


def count(library, name, shapes, **settings):
    ask(library)
    return cost_of_file(f"{HERE / f'odd_{library}.py'}::{name}", shapes, **settings)


def products(found):
    return tuple(found.operations(passed, "mac") for passed in GRADIENTS)


@LIBRARIES
def test_trainable_tensors_that_are_not_registered_are_told(library) -> None:
    """They have gradients in the user's own training."""
    found = count(library, "Unregistered", "4,8", optimizer="adam")
    assert found.totals["parameters"]["total"] == 0
    assert found.totals["executed"]["unregistered"] == [6, 216]
    assert "6 trainable tensors (216 numbers)" in str(found)
    assert products(found) == (2 * 256, 3 * 256, 0)
    assert found.operations("dbias") == 3 * 24


@LIBRARIES
def test_a_network_without_backward_says_so(library) -> None:
    found = count(library, "NoOutput", "4,8")
    assert found.operations("forward", "mac") == 256
    assert "there is no backward pass" in str(found)
    assert "there is no backward pass" not in str(count(library, "Unregistered", "4,8"))


@LIBRARIES
def test_a_batch_of_weights(library) -> None:
    found = count(library, "Batched", "2,4,8", convention="strict")
    assert products(found) == (0, 256, 0)
    assert found.operations("dweight") == 2 * 256 - 64
    assert found.operations("dbias") == 2 * 3 * 4 or library == "paddle"
    assert found.operations("backward") == 2 * 256 - 64 + 24


@pytest.mark.parametrize(
    ("name", "shapes", "macs"),
    [
        ("Cast", "4,8", (0, 256, 0)),
        ("Steps", "2,5,8", (4 * 2 * 64 * 16, 5 * 2 * 64 * 24, 0)),
        ("Scores", "4,8", (4 * 4 * 4 * 8, 256, 0)),
        ("LowRank", "4,8", (0, 256 + 2 * 128, 0)),
        ("spectral", "4,8", (0, 256, 0)),
    ],
)
def test_gradients_of_weights_and_activations_are_told_apart(name, shapes, macs) -> None:
    found = count("torch", name, shapes)
    assert products(found) == macs
    assert found.complete


def test_a_cast_bias_is_a_bias() -> None:
    assert count("torch", "Cast", "4,8").operations("dbias") == 3 * 8


def test_a_normalised_weight() -> None:
    found = count("torch", "normalised", "4,8", convention="strict")
    assert found.complete
    assert found.operations("dweight") == 2 * 256 - 64 + 5 * 64 + 3 * 8


@pytest.mark.parametrize(("mode", "forward", "backward"), [("sum", 96, 112), ("mean", 120, 136)])
def test_bags_of_rows(mode, forward, backward) -> None:
    """15 ids, all the same, in 3 bags of rows of 8 numbers."""
    found = count("torch", "Bag", "3,5:int64", arguments={"mode": mode})
    assert found.complete
    assert (found.operations("forward"), found.operations("dweight")) == (forward, backward)


def test_sparse_arrays_are_unknown_and_break_nothing() -> None:
    found = count("torch", "Sparse", "4,8")
    assert not found.complete
    assert "_sparse_addmm" in [row.operator for row in found.rows if not row.known]
    assert found.totals["memory"]["saved"] > 0


@pytest.mark.parametrize("abstract", [False, True])
def test_a_compiled_layer_is_counted_as_it_is_written(abstract) -> None:
    found = count("paddle", "Compiled", "4,8", abstract=abstract)
    assert found.complete
    assert found.operations("forward") == 2 * 256 + 32 + 32
    assert found.operations("dweight", "mac") == 256


@LIBRARIES
def test_products_of_complex_numbers_are_unknown(library) -> None:
    found = count(library, "Complex", "4,8")
    assert not found.complete_in("forward") and not found.complete_in("backward")
    assert found.operations("forward", "mac") == 0


def test_a_gradient_within_forward() -> None:
    """torch: forward 32 multiply-adds, and 32 for the gradient of x within it."""
    found = count("torch", "OwnGradient", "4,8")
    assert found.operations("forward", "mac") == 64
    ask("paddle")
    with pytest.raises(DataError, match="takes a gradient of its own"):
        count("paddle", "OwnGradient", "4,8")


@LIBRARIES
@pytest.mark.parametrize(("loss", "counted"), [("mse", True), ("cross_entropy", False)])
def test_a_loss_that_does_not_take_the_output_is_told(library, loss, counted) -> None:
    found = count(library, "Batched", "2,4,8", loss=loss)
    assert any("loss" in row.counts for row in found.rows) is counted
    told = "CrossEntropy does not take an output of shape (2, 4, 4)" in str(found)
    assert told is not counted
