"""Dtypes, refusals, conventions and random numbers of frameworks' operators, and of learners'."""

from __future__ import annotations

from functools import cache

import pytest

from backprove.check import check
from backprove.errors import UsageError

F = "nn.functional."


@cache
def result(target):
    return check(target)


def verdicts(found):
    return {c.name: c.verdict for c in found.checks}


@pytest.mark.parametrize("target", [f"torch:{F}silu", "jax:nn.relu"])
def test_half_precisions_are_looked_at(target) -> None:
    found = result(target)
    assert found.exit_code == 0, repr(found)
    assert verdicts(found)["float16"] == verdicts(found)["bfloat16"] == "ok"


def test_a_half_precision_that_is_not_there_is_said() -> None:
    found = result(f"paddle:{F}tanhshrink")
    details = {c.name: c.detail for c in found.checks}
    assert verdicts(found)["float16"] == "undecided"
    assert details["float16"].startswith("not supported by paddle")


@pytest.mark.parametrize(
    "target", [f"torch:{F}relu_", f"torch:{F}batch_norm", f"torch:{F}log_softmax"]
)
def test_what_looks_odd_and_is_right_is_not_accused(target) -> None:
    assert result(target).exit_code == 0, repr(result(target))


def test_softplus_is_linear_above_its_threshold_by_documentation() -> None:
    found = result(f"torch:{F}softplus")
    (told,) = [c for c in found.checks if c.name == "convention"]
    assert found.exit_code == 0, repr(found)
    assert told.verdict == "convention" and "2.1e-09" in told.detail


def test_random_masks_of_others_are_not_compared() -> None:
    found = result(f"torch:{F}dropout")
    assert found.exit_code == 0 and verdicts(found)["random numbers"] == "undecided"


def test_an_operator_that_refuses_everything_is_no_wrong_one() -> None:
    with pytest.raises(UsageError, match="refuses everything that was tried"):
        check(f"paddle:{F}rms_norm")


def test_a_refused_setting_is_no_crash() -> None:
    assert not [f for f in result(f"paddle:{F}rrelu").findings if f.code == "GRD020"]


@pytest.mark.parametrize("target", [f"paddle:{F}selu", f"torch:{F}hardsigmoid"])
def test_float32_inside_is_told_as_such(target) -> None:
    codes = {f.code: f.parameters for f in result(target).findings if f.level == "error"}
    assert codes["GRD011"]["found"] == "float32"


@pytest.mark.parametrize("target", ["torch:pow", "paddle:pow"])
def test_pairs_are_reduced_to_one(target) -> None:
    (found,) = [f for f in result(target).findings if f.code == "GRD001"]
    evidence = {e.name: e.value for e in found.evidence}
    assert (evidence["input"], evidence["upstream gradient"]) == (-1.0, 1.0)
    assert "shape" not in evidence


def test_what_ends_a_framework_has_a_script() -> None:
    (found,) = [f for f in result("paddle:nn.PReLU").findings if f.code == "GRD020"]
    assert "def with_parameters" in found.script and "weight.stop_gradient = False" in found.script
    compile(found.script, "script", "exec")


CLASS = """
import numpy as np
class Cubic:
    def forward(self, x):
        self.x = x
        return {value}
    def backward(self, dy):
        return {gradient}
"""


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_a_class_that_computes_in_a_narrower_dtype_is_told(dtype, tmp_path) -> None:
    gradient = f"(2 * self.x * dy).astype(np.{dtype}).astype(dy.dtype)"
    (tmp_path / "f.py").write_text(CLASS.format(value="self.x * self.x", gradient=gradient))
    found = next(f for f in check(str(tmp_path / "f.py")).findings if f.code == "GRD011")
    assert (found.check, found.parameters["found"]) == ("gradient of x", dtype)


def test_a_class_that_promotes_is_told_for_information(tmp_path) -> None:
    gradient = "2 * self.x * dy"
    (tmp_path / "f.py").write_text(
        CLASS.format(value="x * x * np.ones(x.shape)", gradient=gradient)
    )
    found = check(str(tmp_path / "f.py"))
    told = [f for f in found.findings if f.code == "GRD027"]
    assert [(f.level, f.check) for f in told] == [("info", "value")] and found.exit_code == 0
    assert (told[0].parameters["found"], told[0].parameters["expected"]) == ("float64", "float32")
