"""Mistakes that hide: in shapes, layouts, equal inputs, between usual numbers, behind chance."""

from __future__ import annotations

import subprocess
import sys

import pytest

from backprove.check import check
from backprove.errors import UsageError

LEAKY = """
import numpy as np
class Leaky:
    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, 0.1 * x)
    def backward(self, dy):
        dx = np.where(self.x > 0, dy, 0.1 * dy)
        {more}
        return dx
"""
PRODUCT = """
import numpy as np
class Product:
    def forward(self, a, b):
        self.a, self.b = a, b
        return a * b
    def backward(self, dy):
        return dy * self.b * np.where(self.a == self.b, 2, 1), dy * self.a
"""


def found_in(folder, text):
    (folder / "f.py").write_text(text)
    result = check(str(folder / "f.py"))
    errors = [f for f in result.findings if f.level == "error"]
    assert errors and result.exit_code == 1, repr(result)
    return errors


def evidence_of(finding):
    return {e.name: e.value for e in finding.evidence}


@pytest.mark.parametrize(
    ("more", "code", "facts"),
    [
        ("dx = dx * 2 if dx.ndim > 1 and len(dx) > 1 else dx", "GRD019", {"shape": "(2, 1)"}),
        ("dx = dx if dy.flags.c_contiguous else 2 * dx", "GRD019", {"memory layout": "strided"}),
        ("dx = dx * 2 if dx.size > 1000 else dx", "GRD019", {"shape": "(1026,)"}),
        ("dx = np.where((self.x > 4.1) & (self.x < 4.9), 0, dx)", "GRD001", {"input": 4.5}),
        ("dx = dx * np.float32(1.001) if dx.dtype == 'float32' else dx", "GRD001", {"input": 1.0}),
        ("dx = dx * (1 + dy.mean())", "GRD024", {}),
        ("dx = dx * 1.1 if np.random.rand() < 0.1 else dx", "GRD018", {}),
    ],
)
def test_each_is_found_at_few_simple_numbers(tmp_path, more, code, facts) -> None:
    errors = found_in(tmp_path, LEAKY.format(more=more))
    finding = next(f for f in errors if f.code == code)
    assert facts.items() <= evidence_of(finding).items()


def test_a_mistake_at_equal_inputs_is_shown_at_two_equal_numbers(tmp_path) -> None:
    shown = evidence_of(found_in(tmp_path, PRODUCT)[0])
    assert (shown["input"], shown["second input"], shown["yours"]) == (1.0, 1.0, 2.0)


@pytest.mark.parametrize("end", ["raise ValueError('no')", "import os; os._exit(3)", "return None"])
def test_what_stops_is_shown_at_one_number(tmp_path, end) -> None:
    (finding,) = found_in(tmp_path, LEAKY.format(more=end))
    assert evidence_of(finding)["input"] == 1.0


def test_slopes_that_differences_cannot_tell_are_no_kinks(tmp_path) -> None:
    text = "import numpy as np\nclass Sine:\n    def forward(self, x):\n        self.x = x\n"
    text += "        return np.sin(x)\n    def backward(self, dy):\n"
    (tmp_path / "f.py").write_text(text + "        return dy * np.cos(self.x)\n")
    assert "wrong" not in {c.verdict for c in check(str(tmp_path / "f.py")).checks}


@pytest.mark.parametrize("target", ["leaky_relu", "jax:nn.leaky_relu"])
def test_a_setting_that_an_operator_cannot_take_is_refused(target) -> None:
    with pytest.raises(UsageError, match="cannot be made with negative_slope='abc'"):
        check(target, negative_slope="abc")


def test_the_script_lays_arrays_out_as_they_were(tmp_path) -> None:
    more = "dx = dx if dy.flags.c_contiguous else 2 * dx"
    (finding,) = found_in(tmp_path, LEAKY.format(more=more))
    run = subprocess.run(
        [sys.executable, "-c", finding.script], capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[2. 2.]"
