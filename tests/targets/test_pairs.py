"""A pair of functions, read by the names of backward's arguments."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.errors import UsageError
from backprove.targets import Trial

X = np.array([-1.0, 0.5, 2.0])
PAIRS = {
    "inputs": ("forward(x): return x * x", "backward(dy, x): return 2 * x * dy"),
    "order": ("forward(x): return x * x", "backward(x, grad_output): return 2 * x * grad_output"),
    "output": ("forward(x): return x * x", "backward(dout, out): return 2 * np.sqrt(out) * dout"),
    "cache": ("forward(x): return x * x, (x,)", "backward(dy, cache): return 2 * cache[0] * dy"),
    "residuals first": ("forward(x): return x * x, x", "backward(res, g): return 2 * res * g"),
    "odd names": ("forward(x): return x * x, x", "backward(v, kept): return 2 * kept * v"),
    "one odd name": ("forward(x): return x * 2", "backward(v): return 2 * v"),
    "dictionary": ("forward(x): return x * x", "backward(dy, x): return {'dx': 2 * x * dy}"),
}


@pytest.mark.parametrize("spelling", PAIRS)
def test_every_way_to_hand_over(spelling, sandbox, one) -> None:
    forward, backward = PAIRS[spelling]
    text = f"import numpy as np\ndef {forward}\ndef {backward}\n"
    box = sandbox(text, "forward,backward")
    x = np.abs(X)
    found = one(box, x, dy=x, properties=True)
    factor = 2.0 if "one odd" in spelling else 2 * x
    assert found.ok and found.notes == (), found
    np.testing.assert_allclose(found.arrays["d0"], factor * x)
    assert box.facts["spelling"] == "pair" and "def backward" in box.facts["source"]


def test_pairs_are_found_by_their_names(sandbox, one) -> None:
    text = """
    def relu_forward(x): return x * (x > 0)
    def relu_backward(dy, x): return dy * (x > 0)
    def helper(x): return x
    """
    box = sandbox(text)
    assert box.names == ["relu_forward,relu_backward"]
    np.testing.assert_array_equal(one(box).arrays["d0"], [0.0, 1.0, 1.0])


def test_several_inputs_and_settings(sandbox) -> None:
    text = """
    def forward(x, w, slope=0.1): return x @ w * slope
    def backward(dy, x, w, slope=0.1): return dy @ w.T * slope, x.T @ dy * slope
    """
    box = sandbox(text, "forward,backward", arguments={"slope": 2.0})
    assert box.facts["inputs"] == ["x", "w"]
    assert box.facts["constructor"] == {"needed": [], "defaults": {"slope": 0.1}}
    (found,) = box.run([Trial((np.ones((1, 2)), np.ones((2, 1))), np.ones((1, 1)))])
    assert found.arrays["y"] == 4.0 and found.arrays["d1"].tolist() == [[2.0], [2.0]]


@pytest.mark.parametrize("backward", ["backward(a, b, c)", "backward(x)", "backward()"])
def test_a_backward_that_cannot_be_read(backward, sandbox) -> None:
    text = f"def forward(x): return x\ndef {backward}: return 1.0\n"
    with pytest.raises(UsageError, match="cannot be read: name the upstream gradient dy"):
        _ = sandbox(text, "forward,backward").facts
