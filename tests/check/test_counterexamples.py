"""What learners' layers and losses do wrong is said in words, and shown with few numbers."""

from __future__ import annotations

import pytest

from backprove.check import check

LINEAR = """
import numpy as np

class Linear:
    def __init__(self, input_size=3, output_size=2):
        rng = np.random.default_rng(0)
        self.params = {{"W": rng.normal(size=(input_size, output_size)),
                        "b": np.zeros((1, output_size))}}
        self.grads = {{}}

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.params["W"] + self.params["b"]

    def backward(self, grads):
        self.grads["W"] = {weight}
        self.grads["b"] = {bias}
        return grads @ self.params["W"].T
"""
WEIGHT, BIAS = "self.inputs.T @ grads", "grads.sum(axis=0, keepdims=True)"

SOFTMAX = """
import numpy as np

class Softmax:
    def forward(self, inputs):
        e = np.exp(inputs - inputs.max(axis=-1, keepdims=True))
        self.outputs = e / e.sum(axis=-1, keepdims=True)
        return self.outputs

    def backward(self, grads):
        return grads * self.outputs * (1 - self.outputs)
"""

LOSS = """
import numpy as np

class BinaryCrossEntropyLoss:
    def forward(self, predicts, labels):
        self.predicts, self.labels = predicts, labels
        loss = -(labels * np.log(predicts) + (1 - labels) * np.log(1 - predicts))
        return loss.sum() / len(predicts)

    def backward(self):
        p, t = self.predicts, self.labels
        return {gradient}
"""

LEAKY = """
import numpy as np

class LeakyReLU:
    def forward(self, inputs):
        self.inputs = inputs
        return np.where(inputs > 0, inputs, 0.02 * inputs)

    def backward(self, grads):
        return grads * np.where(self.inputs > 0, 1.0, 0.01)
"""


def checked(folder, text):
    """The result of a file with this text, and its first error with its evidence."""
    (folder / "f.py").write_text(text, encoding="utf-8")
    result = check(str(folder / "f.py"), against=("exact",))
    found = next((f for f in result.findings if f.level == "error"), None)
    return result, found, {e.name: e.value for e in found.evidence} if found else {}


def run(script, capsys) -> str:
    exec(compile(script, "script", "exec"), {})
    return capsys.readouterr().out.strip()


def test_the_right_linear_and_loss_are_right(tmp_path) -> None:
    assert checked(tmp_path, LINEAR.format(weight=WEIGHT, bias=BIAS))[0].exit_code == 0
    right = "-(t / p - (1 - t) / (1 - p)) / len(p)"
    assert checked(tmp_path, LOSS.format(gradient=right))[0].exit_code == 0


@pytest.mark.parametrize(
    ("weight", "bias", "code", "what", "shown"),
    [
        (WEIGHT, "grads", "GRD006", "b", "[[0.]\n [0.]]"),
        ("grads.T @ self.inputs", BIAS, "GRD005", "W", "[[0. 0. 0.]\n [0. 0. 0.]]"),
        (WEIGHT + " / len(grads)", BIAS, "GRD003", "W", None),
        ("self.inputs.T @ np.ones_like(grads)", BIAS, "GRD008", "W", "[[1.]]"),
    ],
)
def test_a_wrong_linear_is_named(weight, bias, code, what, shown, tmp_path, capsys) -> None:
    _, found, evidence = checked(tmp_path, LINEAR.format(weight=weight, bias=bias))
    assert found.code == code and found.check == f"gradient of {what}"
    assert found.line == 15
    assert code != "GRD003" or evidence["ratio"] == "1/N"
    printed = run(found.script, capsys)
    assert shown is None or printed == shown
    assert shown is not None or "0.5" in printed


def test_a_softmax_with_the_diagonal_only_fails_at_a_zero_input(tmp_path, capsys) -> None:
    _, found, evidence = checked(tmp_path, SOFTMAX)
    assert found.code == "GRD001" and evidence["input"] == [[0.0, 0.0]]
    assert evidence["shape"] == "(1, 2)"
    assert "0." in run(found.script, capsys)


@pytest.mark.parametrize(
    ("gradient", "code"),
    [("-(t / p - (1 - t) / (1 - p))", "GRD003"), ("-(t / p + (1 - t) / (1 - p)) / len(p)", "")],
)
def test_a_wrong_loss_that_starts_the_chain(gradient, code, tmp_path, capsys) -> None:
    _, found, evidence = checked(tmp_path, LOSS.format(gradient=gradient))
    assert found.code.startswith(code or "GRD")
    assert not code or evidence["ratio"] == "N"
    assert evidence["upstream gradient"] == 1.0
    assert "op.backward()" in found.script and run(found.script, capsys)


def test_a_wrong_value_shows_the_line_of_forward(tmp_path) -> None:
    _, found, _ = checked(tmp_path, LEAKY)
    assert found.code == "GRD015" and found.check == "value"
    assert found.line == 5 and "def forward" in found.source
