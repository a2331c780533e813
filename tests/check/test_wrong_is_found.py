"""Every known wrong operator is found, with a counterexample that shows it."""

from __future__ import annotations

import inspect

import pytest
from benchmarks.check.mutants import all_mutants

from backprove.check import check
from backprove.ops import operators


@pytest.mark.parametrize("mutant", all_mutants().values(), ids=lambda m: m.id)
def test_mutants_are_killed(mutant) -> None:
    cls = mutant.wrong
    case = operators().get(cls.__name__, cls).CASES[0]
    needed = [
        p.name
        for p in inspect.signature(cls).parameters.values()
        if p.default is p.empty and p.name in case.arguments
    ]
    given = {k: case.arguments[k] for k in needed}
    result = check(cls, convention=mutant.convention, **given)
    assert result.exit_code == 1
    assert any(f.verdict in ("wrong", "convention") for f in result.findings)


LEARNER = """
import numpy as np
class LeakyReLU:
    def __init__(self, negative_slope=0.1):
        self.negative_slope = negative_slope
    def forward(self, x):
        self.x = x
        self.y = np.where(x > 0, x, self.negative_slope * x)
        return self.y
    def backward(self, g):
        return {gradient}
"""


@pytest.mark.parametrize(
    ("gradient", "code", "x", "yours", "expected"),
    [
        ("np.where(self.y > 0, g, self.negative_slope * g)", "GRD001", -1.0, 1.0, -0.5),
        ("-np.where(self.x > 0, g, self.negative_slope * g)", "GRD004", None, None, None),
        ("g * 1.0", "GRD001", -1.0, 1.0, 0.1),
        ("np.where(self.x > 0, 1.0, self.negative_slope)", "GRD008", None, None, None),
        ("2 * np.where(self.x > 0, g, self.negative_slope * g)", "GRD003", None, None, None),
        ("np.where(self.x > 0, g, 0.01 * g)", "GRD001", 0.0, 0.01, 0.1),
        ("np.where(np.abs(self.x) > 10, 0, np.where(self.x > 0, g, self.negative_slope * g))",
         "GRD001", None, 0.0, None),
    ],
)  # fmt: skip
def test_the_counterexample_is_small_and_named(
    gradient, code, x, yours, expected, tmp_path
) -> None:
    (tmp_path / "f.py").write_text(LEARNER.format(gradient=gradient))
    result = check(str(tmp_path / "f.py"))
    found = next(f for f in result.findings if f.level == "error")
    evidence = {e.name: e.value for e in found.evidence}
    assert found.code == code
    assert found.line == 10 and found.file.endswith("f.py")
    assert evidence["upstream gradient"] in (0.0, 1.0, -1.0) and "shape" not in evidence
    assert evidence["dtype"] == "float64"
    for name, value in (("input", x), ("yours", yours), ("expected", expected)):
        if value is not None:
            assert evidence[name] == pytest.approx(value)


def test_the_script_shows_the_counterexample(tmp_path, capsys) -> None:
    (tmp_path / "f.py").write_text(LEARNER.format(gradient="g * 1.0"))
    result = check(str(tmp_path / "f.py"))
    script = next(f.script for f in result.findings if f.level == "error")
    exec(compile(script, "script", "exec"), {})
    assert capsys.readouterr().out.strip() == "[1.]"
    assert "# expected" in script


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("paddle:nn.functional.relu", "value"),
        ("paddle:nn.functional.binary_cross_entropy_with_logits", "gradient of x"),
        ("paddle:nn.functional.log_softmax", "value"),
        ("paddle:nn.functional.softplus", "value"),
        ("paddle:nn.functional.mish", "value"),
        ("paddle:nn.functional.log_sigmoid", "value"),
    ],
)
def test_paddles_known_defects_are_found(target, part) -> None:
    result = check(target)
    assert result.exit_code == 1
    assert any(f.check == part and f.subject == target for f in result.findings), repr(result)


def test_a_wrong_reference_is_reported_as_the_references() -> None:
    result = check("relu", against=("exact", "paddle"))
    assert result.exit_code == 0
    (found,) = [f for f in result.findings if f.code == "GRD023"]
    assert found.verdict == "reference wrong" and found.subject == "paddle:ReLU"


def test_the_convention_at_the_kink_is_told_and_held() -> None:
    told = check("leaky_relu", against=("exact", "paddle", "torch"))
    assert [f.code for f in told.findings] == ["GRD012"] and told.exit_code == 0
    assert check("leaky_relu", convention="torch").exit_code == 0
    assert check("leaky_relu", convention="paddle").exit_code == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("while True: pass", "GRD021"),
        ("import os; os._exit(3)", "GRD020"),
        ("raise RuntimeError('no')", "GRD020"),
        ("return None", "GRD025"),
    ],
)
def test_misbehaviour_is_a_finding(body, code, tmp_path) -> None:
    (tmp_path / "f.py").write_text(
        f"class LeakyReLU:\n    def forward(self, x):\n        {body}\n"
        "    def backward(self, g):\n        return g\n"
    )
    result = check(str(tmp_path / "f.py"))
    assert result.exit_code == 1 and result.findings[0].code == code
    assert result.findings[0].line in (None, 2, 3)
