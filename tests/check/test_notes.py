"""What was guessed and what nothing was compared with is said beside the verdict."""

from __future__ import annotations

import pytest

from backprove.check import check
from backprove.errors import DependencyError, UsageError
from backprove.messages import choose_language
from backprove.oracle import client

NAMELESS = """
import numpy as np

def cube(x):
    return x ** 3

class Frobnicate:
    def forward(self, x):
        self.x = x
        return x ** 2
    def backward(self, dy):
        return 2 * self.x * dy

class LeakyReLU:
    def __init__(self, negative_slope=0.1):
        self.slope = negative_slope
    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, {factor} * self.slope * x)
    def backward(self, dy):
        return np.where(self.x > 0, dy, {factor} * self.slope * dy)

class Dense:
    def __init__(self, input_size, output_size):
        self.params = {{"W": np.ones((input_size, output_size))}}
        self.grads = {{}}
    def forward(self, x):
        self.x = x
        return x @ self.params["W"]
    def backward(self, dy):
        self.grads["W"] = self.x.T @ dy
        return dy @ self.params["W"].T
"""


@pytest.fixture
def place(tmp_path) -> str:
    (tmp_path / "f.py").write_text(NAMELESS.format(factor=1), encoding="utf-8")
    return str(tmp_path / "f.py")


def verdicts(result) -> dict[str, str]:
    return {c.name: c.verdict for c in result.checks}


def test_a_value_without_a_reference_is_open(place) -> None:
    result = check(f"{place}::Frobnicate")
    assert verdicts(result)["value"] == "undecided" and result.exit_code == 0
    assert "--against" in next(c.detail for c in result.checks if c.name == "value")
    assert "is right" not in repr(result) and "1 open" in repr(result)


def test_a_reference_closes_it(place) -> None:
    wrong = check(f"{place}::Frobnicate", against=f"{place}::cube")
    assert verdicts(wrong)["value"] == "wrong" and verdicts(wrong)["gradient of x"] == "ok"


def test_a_known_name_is_reference_enough(tmp_path) -> None:
    (tmp_path / "f.py").write_text(NAMELESS.format(factor=2), encoding="utf-8")
    result = check(f"{tmp_path / 'f.py'}::LeakyReLU")
    assert verdicts(result)["value"] == "wrong"


def test_guessed_arguments_are_shown_and_given_ones_not(place) -> None:
    guessed = next(c for c in check(f"{place}::Dense").checks if c.name == "arguments")
    assert guessed.detail.startswith("guessed input_size=3, output_size=2: ")
    assert "--with input_size=... --with output_size=..." in guessed.detail
    given = check(f"{place}::Dense", input_size=4, output_size=1)
    assert "arguments" not in verdicts(given)


def test_a_kink_is_told_in_chinese(place) -> None:
    choose_language("zh")
    try:
        result = check(f"{place}::LeakyReLU")
    finally:
        choose_language("auto")
    assert any(c.detail.startswith("x = 0") and "左导数" in c.detail for c in result.checks)


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("pytorch", "did you mean 'torch'"),
        (("exact", "exat"), "did you mean 'exact'"),
        ("keras:nn.relu", "unknown reference"),
        ("f.py", "write f.py::name"),
    ],
)
def test_an_unknown_reference_is_refused(against, said) -> None:
    with pytest.raises(UsageError, match=said):
        check("relu", against=against)


def test_a_framework_that_is_not_installed_is_told(monkeypatch) -> None:
    monkeypatch.setitem(client.MODULES, "torch", "no_such_module")
    with pytest.raises(DependencyError, match="torch is not installed"):
        check("relu", against="exact,torch")
