"""What a recorded step consists of: a step that became slower is noticed without a clock."""

from __future__ import annotations

from typing import Any

import pytest

import support

SCRIPT = """
import json
from collections import Counter
import numpy as np
import torch
from backprove import LeakyReLU, Linear, Model, Sequential
from backprove.train.engine import recorded, torch_compiled

class Seen(Exception):
    pass

def seen(step, arrays):
    raise Seen(*recorded.recorded(step, arrays))

torch_compiled.compiled = seen
data = np.zeros((128, 784), np.uint8), np.arange(128) % 10
found = {}
for precision in ("float32", "bf16"):
    net = Sequential(Linear(784, 256), LeakyReLU(), Linear(256, 10))
    model = Model(net, engine="torch-compiled", precision=precision)
    try:
        model.prepare("adam", "cross_entropy").fit(data, batch_size=64, verbose=0)
    except Seen as caught:
        graph, names = caught.args
    calls = [node for node in graph.graph.nodes if node.op == "call_function"]
    dtypes = [getattr(node.meta.get("val"), "dtype", None) for node in calls]
    products = [dtype for node, dtype in zip(calls, dtypes) if "aten.mm" in str(node.target)]
    count = Counter(str(node.target) for node in calls)
    found[precision] = {
        "names": names, "operations": len(calls), "products": Counter(map(str, products)),
        "written": count["aten.copy_.default"], "divisions": count["aten.div.Tensor"],
        "wide": dtypes.count(torch.float64),
    }
found["rows"] = recorded.scalar_rows([{"rate": 4.0, "first": 0.0}]).tolist()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return support.torch_script(SCRIPT)


def test_products_are_three_for_each_layer_and_one_less(found) -> None:
    """Forward, gradient of the weight, gradient of the input, which the first layer needs not.

    Only the first layer is large enough for bfloat16.
    """
    assert found["float32"]["products"] == {"torch.float32": 5}
    assert found["bf16"]["products"] == {"torch.float32": 3, "torch.bfloat16": 2}


def test_every_array_of_the_state_is_written_in_place(found) -> None:
    """Four parameters, with two slots each, and the rounded copy of one weight."""
    assert (found["float32"]["written"], found["bf16"]["written"]) == (12, 13)


def test_an_update_divides_once_for_each_parameter(found) -> None:
    """By the root; with the scalars' reciprocals it multiplies. Images and loss divide too."""
    assert found["float32"]["divisions"] == 4 + 4


def test_nothing_is_computed_in_double_precision(found) -> None:
    assert found["float32"]["wide"] == found["bf16"]["wide"] == 0


def test_operations_are_as_many_as_they_were(found) -> None:
    """Whoever changes a step on purpose writes the new numbers here."""
    assert (found["float32"]["operations"], found["bf16"]["operations"]) == (254, 261)


def test_results_keep_their_names(found) -> None:
    assert found["float32"]["names"] == ["loss", "weight"]


def test_reciprocals_follow_the_scalars_of_a_step(found) -> None:
    assert found["rows"] == [[4.0, 0.0, 0.25, float("inf")]]
