"""`assert_correct`: silent where an operator is right, in words where it is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import backprove
from backprove import messages
from backprove.check.assertion import assert_correct
from backprove.errors import DependencyError, UsageError
from backprove.oracle import client


class LeakyReLU:
    """Right, except that it takes the sign from the output."""

    def __init__(self, negative_slope=0.1):
        self.negative_slope = negative_slope

    def forward(self, x):
        self.y = np.where(x > 0, x, self.negative_slope * x)
        return self.y

    def backward(self, grads):
        return np.where(self.y > 0, grads, self.negative_slope * grads)


def lines_of(path):
    """The lines of a file."""
    return Path(path).read_text(encoding="utf-8").splitlines()


@pytest.fixture(autouse=True)
def _english():
    messages.choose_language("en")
    yield
    messages.choose_language("auto")


def test_it_is_found_in_the_package() -> None:
    assert backprove.assert_correct is assert_correct


def test_a_right_operator_gives_the_result() -> None:
    result = assert_correct("tanh", against="exact")
    assert result.exit_code == 0 and result.subject == "Tanh"


def test_a_wrong_one_raises_with_the_counterexample() -> None:
    with pytest.raises(AssertionError) as caught:
        assert_correct(LeakyReLU)
    text = str(caught.value)
    place, line = text.split(" ")[0].rsplit(":", 1)
    assert Path(place).samefile(__file__) and "def backward" in lines_of(place)[int(line) - 1]
    assert text.partition(" ")[2].startswith(
        "error GRD001 the gradient of x is wrong: 1 at -1.0, expected -0.5\n"
    )
    assert f"LeakyReLU = runpy.run_path({__file__!r})['LeakyReLU']" in text
    assert "    arguments: {'negative_slope': -0.5}\n" in text
    assert "script that shows it:\n        import numpy as np\n" in text
    assert text.splitlines()[-1] == "LeakyReLU is wrong: 1 of 4 checks failed."


def test_information_does_not_raise() -> None:
    result = assert_correct(LeakyReLU(0.1))
    assert result.exit_code == 0
    assert all(finding.level == "info" for finding in result.findings)


def test_the_words_are_chinese() -> None:
    messages.choose_language("zh")
    with pytest.raises(AssertionError, match="x 的梯度有错"):
        assert_correct(LeakyReLU)


def test_the_arguments_of_check_are_handed_on() -> None:
    with pytest.raises(AssertionError, match="GRD012"):
        assert_correct("leaky_relu", "exact", convention="paddle")
    with pytest.raises(UsageError, match="did you mean 'negative_slope'"):
        assert_correct("leaky_relu", slope=0.1)


def test_a_reference_that_nobody_knows_or_has_is_refused(monkeypatch) -> None:
    with pytest.raises(UsageError, match="did you mean 'torch'"):
        assert_correct("relu", against=("exact", "pytorch"))
    monkeypatch.setattr(client.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="torch is not installed"):
        assert_correct("relu", against="exact, torch")
