"""A known mistake is named by its code where it explains every result."""

from __future__ import annotations

import numpy as np
import pytest

from backprove.check import check
from backprove.check.trial import Bound, Trial
from backprove.check.undecided import undecided
from backprove.ops import Linear


def rows(dy):
    """The upstream gradient with one batch axis."""
    return dy.reshape(-1, dy.shape[-1])


CHANGES = {
    "no sum": ("GRD006", "bias", lambda g, dy, x: dy, "no sum over the batch"),
    "mean": ("GRD003", "bias", lambda g, dy, x: rows(dy).mean(0), "1/N"),
    "first": ("GRD006", "bias", lambda g, dy, x: rows(dy)[0], "the first sample alone"),
    "last": (
        "GRD006", "weight", lambda g, dy, x: np.outer(rows(x)[-1], rows(dy)[-1]),
        "the last sample alone",
    ),
    "all axes": (
        "GRD001", "bias", lambda g, dy, x: np.full(dy.shape[-1], dy.sum()).astype(dy.dtype),
        "the sum over all axes",
    ),
    "transposed": ("GRD005", "weight", lambda g, dy, x: g.T, "the transpose"),
    "sign": ("GRD004", "weight", lambda g, dy, x: -g, -1.0),
    "twice": ("GRD003", "bias", lambda g, dy, x: 2 * g, 2.0),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_wrong_parameter_gradient_is_named(name) -> None:
    code, parameter, change, fits = CHANGES[name]

    class Changed(Linear):
        def backward(self, dy, *, x, weight, input_grad=True):
            dx, found = super().backward(dy, x=x, weight=weight, input_grad=input_grad)
            if parameter in found:
                found[parameter] = change(found[parameter], dy, x)
            return dx, found

    Changed.__name__ = "Linear"
    findings = check(Changed, in_features=3, out_features=2).findings
    (found,) = [f for f in findings if f.level == "error"]
    evidence = {e.name: e.value for e in found.evidence}
    assert (found.code, found.check) == (code, f"gradient of {parameter}")
    assert fits in (evidence.get("fits"), evidence.get("ratio"))


RELU = """
import numpy as np
class ReLU:
    def forward(self, x):
        self.x = x
        y = np.maximum(x, 0)
        {forward}
        return y
    def backward(self, g):
        dx = g * (self.x > 0)
        {backward}
        return dx
"""
ELSEWHERE = {
    "block": ("GRD019", "y = y.copy(); y.flat[16:] = 0", "", "value"),
    "neighbour": ("GRD019", "", "dx = np.full_like(dx, dx.flat[0]) if dx.size else dx", "x"),
    "clipped": ("GRD024", "", "dx = np.clip(dx, -1, 1)", "x"),
    "dropped": ("GRD024", "", "dx = np.where(np.abs(g) < 0.2, 0, dx)", "x"),
    "everywhere": ("GRD001", "", "dx = np.where(self.x > 3, 0, dx)", "x"),
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_what_is_wrong_only_in_company_or_for_some_gradients_is_named(name, tmp_path) -> None:
    code, forward, backward, part = ELSEWHERE[name]
    text = RELU.format(forward=forward or "pass", backward=backward or "pass")
    (tmp_path / "f.py").write_text(text)
    found = check(str(tmp_path / "f.py")).findings[0]
    assert found.code == code and found.check.endswith(part)
    if code == "GRD024":
        assert float(found.parameters["ratio"]) != float(found.parameters["factor"])
    if code == "GRD019":
        assert found.parameters["length"] > 1
        assert found.parameters["yours"] != found.parameters["expected"]


def bound(low, tolerance) -> Bound:
    """A bound without a kink."""
    low = np.array(low)
    return Bound(low, low, np.full(low.shape, tolerance), low, np.isnan(low), low > np.inf)


def test_a_dtype_that_could_not_see_a_zero_is_undecided() -> None:
    def trial(dtype, low, tolerance):
        expected = {"y": bound(low, tolerance), "d0": bound([1.0], 0.1)}
        return Trial({}, (np.ones(2),), np.ones(2), expected, dtype), {}

    fine, coarse = trial("float64", [0.5, 2.0], 0.1), trial("float16", [0.5, 2.0], 3.0)
    assert undecided([fine, coarse]) == [("float16", "y")]
    assert undecided([fine, coarse, trial("float16", [4.0], 3.0)]) == []
    assert undecided([trial("float64", [0.0], 1.0), trial("float16", [0.0], 1.0)]) == []


def test_it_is_told_and_leaves_the_exit_code() -> None:
    result = check("log_softmax")
    (found,) = result.findings
    assert (found.code, found.level) == ("GRD014", "info") and result.exit_code == 0
    assert found.parameters["dtype"] == "bfloat16"
