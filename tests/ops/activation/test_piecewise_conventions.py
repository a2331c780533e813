"""The piecewise activations at their kinks beside the frameworks, their defaults, their refusals.

The expressions are the frameworks' own operators, asked now; where a framework has another
convention or another value, it is left out, and the docstring of the operator says so.
"""

from __future__ import annotations

import numpy as np
import pytest

import support
from backprove import messages, ops
from backprove.errors import UsageError

EVERYWHERE = ("torch", "jax", "paddle")
AGREED = [
    ("ReLU", {}, (0.0, -0.0), "F.relu(x)", EVERYWHERE),
    ("ReLU6", {}, (0.0, 6.0), "F.relu6(x)", EVERYWHERE),
    ("Hardtanh", {}, (-1.0, 1.0), "F.hardtanh(x)", ("torch", "paddle")),
    ("Hardsigmoid", {}, (-3.0, 3.0), "F.hardsigmoid(x)", EVERYWHERE),
    ("Hardswish", {}, (-3.0, 3.0), "F.hardswish(x)", EVERYWHERE),
    ("Hardshrink", {}, (-0.5, 0.5), "F.hardshrink(x, 0.5)", ("torch",)),
    ("Softshrink", {}, (-0.5, 0.5), "F.softshrink(x, 0.5)", ("torch", "paddle")),
    ("ThresholdedReLU", {}, (1.0,), "F.threshold(x, 1.0, 0.0)", ("torch",)),
    ("ThresholdedReLU", {}, (1.0,), "F.thresholded_relu(x, 1.0)", ("paddle",)),
    ("ELU", {"alpha": 2.0}, (0.0, -0.0), "F.elu(x, 2.0)", EVERYWHERE),
    ("ELU", {"alpha": -2.0}, (0.0, -0.0), "F.elu(x, -2.0)", EVERYWHERE),
    ("CELU", {"alpha": 2.0}, (0.0, -0.0), "F.celu(x, 2.0)", EVERYWHERE),
    ("SELU", {}, (0.0, -0.0), "F.selu(x)", EVERYWHERE),
    ("RReLU", {}, (0.0, -0.0), "F.rrelu(x)", ("torch",)),
]
JAX_NAMES = {"hardsigmoid": "hard_sigmoid", "hardswish": "hard_swish"}
CASES = [(*case[:4], library) for case in AGREED for library in case[4]]


def _spelt(expression, library):
    if library != "jax":
        return expression
    for ours, theirs in JAX_NAMES.items():
        expression = expression.replace(ours, theirs)
    return expression.replace("F.", "nn.")


@pytest.mark.parametrize(("name", "arguments", "kinks", "expression", "library"), CASES)
def test_kinks_are_the_frameworks(name, arguments, kinks, expression, library) -> None:
    x = np.array(kinks, np.float32)
    theirs = support.ask(library).evaluate(
        _spelt(expression, library), {"x": x}, dy=np.ones_like(x)
    )
    op = ops.operator(name, **arguments)
    y, saved = op.fwd(x)
    (dx,), _ = op.bwd(saved, np.ones_like(x))
    np.testing.assert_allclose(y, theirs["y"], rtol=2e-7)
    np.testing.assert_allclose(dx, theirs["gradients"]["x"], rtol=2e-7)


@pytest.mark.parametrize("library", ["torch", "paddle"])
def test_prelu_at_its_kink(library) -> None:
    x, weight = np.array([[0.0, -0.0]], np.float32), np.array([0.25], np.float32)
    theirs = support.ask(library).evaluate(
        "F.prelu(x, weight)", {"x": x, "weight": weight}, dy=np.ones_like(x)
    )
    op = ops.operator("PReLU")
    (dx,), grads = op.bwd(op.fwd(x, weight=weight)[1], np.ones_like(x))
    np.testing.assert_array_equal(dx, theirs["gradients"]["x"])
    np.testing.assert_array_equal(grads["weight"], theirs["gradients"]["weight"])


def test_defaults() -> None:
    defaults = {
        "ELU": {"alpha": 1.0},
        "CELU": {"alpha": 1.0},
        "Hardshrink": {"lambd": 0.5},
        "Softshrink": {"lambd": 0.5},
        "Hardtanh": {"min_val": -1.0, "max_val": 1.0},
        "ThresholdedReLU": {"threshold": 1.0, "value": 0.0},
        "RReLU": {"lower": 1 / 8, "upper": 1 / 3},
        "PReLU": {"num_parameters": 1},
    }
    for name, expected in defaults.items():
        assert vars(ops.operator(name)) | expected == vars(ops.operator(name)), name
    np.testing.assert_array_equal(ops.operator("PReLU").init()["weight"], np.float32([0.25]))


NAN, INF = float("nan"), float("inf")
REFUSED = [
    ("ELU", {"alpha": NAN}),
    ("ELU", {"alpha": INF}),
    ("CELU", {"alpha": 0.0}),
    ("CELU", {"alpha": NAN}),
    ("Hardtanh", {"min_val": 1.0, "max_val": 1.0}),
    ("Hardtanh", {"min_val": NAN}),
    ("Hardshrink", {"lambd": -0.1}),
    ("Hardshrink", {"lambd": INF}),
    ("Softshrink", {"lambd": -0.1}),
    ("Softshrink", {"lambd": NAN}),
    ("ThresholdedReLU", {"threshold": NAN}),
    ("ThresholdedReLU", {"value": INF}),
    ("PReLU", {"num_parameters": 0}),
    ("PReLU", {"init": NAN}),
    ("RReLU", {"lower": 0.5, "upper": 0.25}),
    ("RReLU", {"lower": NAN}),
    ("RReLU", {"upper": INF}),
]


@pytest.mark.parametrize(("name", "arguments"), REFUSED)
def test_refused_hyper_parameters(name, arguments) -> None:
    with pytest.raises(UsageError) as caught:
        ops.operator(name, **arguments)
    assert name in str(caught.value)
    assert caught.value.template in messages.chinese()


def test_clipping_at_a_bound_that_half_precision_rounds_inwards() -> None:
    """float16 rounds 0.7 up, so the clipped output alone would look as if it were inside."""
    op = ops.operator("Hardtanh", min_val=0.7, max_val=2.0)
    x = np.array([0.25, 1.0], np.float16)
    y, saved = op.fwd(x)
    assert float(y[0]) > 0.7
    np.testing.assert_array_equal(op.bwd(saved, np.ones_like(x))[0][0], [0.0, 1.0])


def test_selu_beyond_the_largest_number() -> None:
    x = np.array([np.finfo(np.float32).max], np.float32)
    op = ops.operator("SELU")
    with np.errstate(over="ignore"):
        y, saved = op.fwd(x)
    assert np.isposinf(y[0])
    np.testing.assert_allclose(op.bwd(saved, np.ones_like(x))[0][0], [1.050701], rtol=1e-6)
