"""Second derivatives: what a framework makes of a backward is the truth, or it is told."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from backprove import Op
from backprove.check import check
from backprove.check.second import exact
from backprove.ops import operators

NAME = "second derivatives"


def told(result):
    return [(c.verdict, c.detail) for c in result.checks if c.name == NAME]


@pytest.mark.parametrize("library", ["torch", "paddle", "jax"])
@pytest.mark.parametrize("name", ["silu", "softplus", "log_sigmoid", "mish", "gelu", "layer_norm"])
def test_ours_are_right_through_every_bridge(name, library) -> None:
    assert told(check(name, against=("exact", library))) == [("ok", library)]


def test_exact_second_derivatives_of_both_sides() -> None:
    op = operators()["ELU"](alpha=2.0)
    found = exact.bends(op, np.array([0.0, -1.0, -1e-300, 3.0]), {})
    np.testing.assert_allclose(found.left.astype(float), [2, 2 * np.exp(-1), 2, 0], rtol=1e-15)
    np.testing.assert_allclose(found.right.astype(float), [0, 2 * np.exp(-1), 2, 0], rtol=1e-15)
    assert found.slope_left[0] == 2 and found.slope_right[0] == 1


def test_exact_mixed_derivatives_of_a_product() -> None:
    op, a, b = operators()["Multiply"](), np.array([2.0, 3.0]), np.array([5.0, 7.0])
    along = {"d0": np.array([1.0, -2.0]), "d1": np.array([1.0, 1.0])}
    found = exact.mixed(op, (a, b), {}, np.array([1.0, 0.5]), along)
    np.testing.assert_allclose(found["dy"].astype(float), [5 + 2, -14 + 3])
    np.testing.assert_allclose(found["d0"].astype(float), [1, 0.5])
    np.testing.assert_allclose(found["d1"].astype(float), [1, -1])


TORCH = """
import torch
class Wave(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        kept = {kept}
        ctx.save_for_backward(kept)
        return torch.sin(x)
    @staticmethod{once}
    def backward(ctx, dy):
        (kept,) = ctx.saved_tensors
        return {gradient}
"""
ONCE = "\n    @torch.autograd.function.once_differentiable"


def written(tmp_path, text, **parts):
    (tmp_path / "f.py").write_text(text.format(**parts))
    return check(str(tmp_path / "f.py"))


def test_a_right_function_is_right_twice(tmp_path) -> None:
    result = written(tmp_path, TORCH, kept="x", once="", gradient="dy * torch.cos(kept)")
    assert told(result) == [("ok", "torch")] and result.exit_code == 0, repr(result)


def test_a_kept_intermediate_is_found_with_a_script(tmp_path, capsys) -> None:
    result = written(tmp_path, TORCH, kept="torch.cos(x)", once="", gradient="dy * kept")
    (found,) = [f for f in result.findings if f.code == "GRD026"]
    evidence = {e.name: e.value for e in found.evidence}
    assert told(result) == [("wrong", "")] and result.exit_code == 1
    assert evidence["yours"] == 0.0 and evidence["library"] == "torch"
    assert evidence["expected"] == pytest.approx(-np.sin(evidence["input"]), rel=1e-6)
    exec(compile(found.script, "script", "exec"), {})
    assert capsys.readouterr().out.strip() in ("0.0", "tensor(0., dtype=torch.float64)")


def test_what_refuses_is_said_and_not_accused(tmp_path) -> None:
    result = written(tmp_path, TORCH, kept="torch.cos(x)", once=ONCE, gradient="dy * kept")
    ((verdict, words),) = told(result)
    assert verdict == "undecided" and "differentiated again" in words
    assert result.exit_code == 0 and not result.findings


JAX = """
import jax
@jax.custom_vjp
def cube(x): return x**3
cube.defvjp(lambda x: (x**3, x), lambda x, dy: (3 * jax.lax.stop_gradient(x * x) * dy,))
"""


def test_a_stopped_gradient_of_jax_is_found(tmp_path) -> None:
    result = written(tmp_path, JAX)
    (found,) = [f for f in result.findings if f.code == "GRD026"]
    evidence = {e.name: e.value for e in found.evidence}
    assert (evidence["input"], evidence["yours"]) == (1.0, 0.0)
    assert evidence["expected"] == pytest.approx(6)


PADDLE = """
import paddle
from paddle.autograd import PyLayer
class Product(PyLayer):
    @staticmethod
    def forward(ctx, a, b):
        kept = paddle.exp(a)
        ctx.save_for_backward(kept, b)
        return kept * b
    @staticmethod
    def backward(ctx, dy):
        kept, b = ctx.saved_tensor()
        return kept * b * dy, kept * dy
"""


def test_a_pylayer_of_two_inputs_is_reduced_to_single_numbers(tmp_path) -> None:
    result = written(tmp_path, PADDLE)
    found = [f for f in result.findings if f.code == "GRD026"]
    assert found and all("shape (" not in str(e.value) for f in found for e in f.evidence)
    assert {f.check for f in found} <= {"second derivative for a", "second derivative for b"}


TEACHING = """
{first}
class Square:
    def forward(self, x):
        self.kept = {kept}
        return x * x
    def backward(self, dy):
        return 2 * {factor} * dy
"""


def test_a_class_that_names_numpy_is_not_asked(tmp_path) -> None:
    result = written(
        tmp_path, TEACHING, first="import numpy as np", kept="np.array(x)", factor="self.kept"
    )
    assert told(result) == []


def test_a_class_that_names_no_library_goes_through_a_bridge(tmp_path) -> None:
    result = written(tmp_path, TEACHING, first="", kept="x", factor="self.kept")
    assert told(result) == [("ok", "torch")]


def test_a_class_that_keeps_an_intermediate_is_said_to_be_derived_once(tmp_path) -> None:
    result = written(tmp_path, TEACHING, first="", kept="2 * x", factor="self.kept / 2")
    ((verdict, words),) = told(result)
    assert verdict == "undecided" and "torch" in words and result.exit_code == 0


OWN = """
from backprove import Op
from backprove.arrays import namespace
class Cube(Op):
    def forward(self, x):
        return x * x * x
    def backward(self, dy, *, x):
        return {factor} * dy
"""


def test_an_operator_of_ones_own_is_right_twice(tmp_path) -> None:
    assert told(written(tmp_path, OWN, factor="3 * x * x")) == [("ok", "torch")]


def test_an_operator_whose_backward_loses_the_history_is_found_with_a_script(tmp_path) -> None:
    factor = "namespace(x).asarray((3 * x * x).tolist(), dtype=x.dtype)"
    result = written(tmp_path, OWN, factor=factor)
    (found,) = [f for f in result.findings if f.code == "GRD026"]
    evidence = {e.name: e.value for e in found.evidence}
    assert (evidence["input"], evidence["yours"]) == (1.0, 0.0)
    assert evidence["expected"] == pytest.approx(6)
    assert "to_torch(" in found.script


class Double(Op):
    """2 x, differentiated where it stands: with JAX, which keeps its width of floats."""

    def forward(self, x):
        return x + x

    def backward(self, dy):
        return dy + dy

    stateless = True


def test_a_class_of_this_process_goes_through_jax() -> None:
    before = jax.config.jax_enable_x64
    assert told(check(Double)) == [("ok", "jax")]
    assert jax.config.jax_enable_x64 == before
