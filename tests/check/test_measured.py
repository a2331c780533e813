"""Subjects without a built-in definition: right ones pass, every broken one is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from backprove.check import check

CLASSES = Path(__file__).with_name("chapter_classes.py")
NAMES = (
    "Linear", "Logistic", "ModelMLP", "BinaryCrossEntropyLoss", "ModelLR", "ModelSR",
    "CrossEntropyLoops", "Multiply", "Bump", "Shoulder",
)  # fmt: skip
NAMELESS = ("ModelMLP", "ModelLR", "ModelSR", "CrossEntropyLoops", "Bump", "Shoulder")
"""What says by its name nothing about what forward should compute."""


def errors(result) -> list[str]:
    return [f.code for f in result.findings if f.level != "info"]


def broken(folder, name, old, new):
    """The result for the classes with one place changed."""
    text = CLASSES.read_text(encoding="utf-8")
    start = text.index(f"class {name}")
    assert old in text[start:]
    changed = text[:start] + text[start:].replace(old, new, 1)
    (folder / "f.py").write_text(changed, encoding="utf-8")
    return check(f"{folder / 'f.py'}::{name}")


@pytest.mark.parametrize("name", NAMES)
def test_right_classes_are_right(name) -> None:
    result = check(f"{CLASSES}::{name}")
    assert result.exit_code == 0, repr(result)
    open_checks = [c.name for c in result.checks if c.verdict != "ok"]
    assert result.checks and open_checks == (["value"] if name in NAMELESS else [])


def test_the_loss_inside_a_model_is_named() -> None:
    said = [c.detail for c in check(f"{CLASSES}::ModelSR").checks if c.name == "loss"]
    assert said == ["cross-entropy, mean over the batch"]


def test_kinks_anywhere_are_found_and_classified() -> None:
    found = [c.detail for c in check(f"{CLASSES}::Shoulder").checks if c.name == "kink"]
    assert found == ["x = 2.5: left"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("Linear", "np.matmul(self.inputs.T, grads)", "np.matmul(self.inputs.T, grads).T"),
        ("Linear", "np.sum(grads, axis=0)", "grads"),
        ("Linear", "np.sum(grads, axis=0)", "np.mean(grads, axis=0)"),
        ("Linear", "np.sum(grads, axis=0)", "np.sum(grads) * np.ones(2)"),
        ("Linear", "(self.inputs.T, grads)", "(self.inputs.T, np.ones_like(grads))"),
        ("Linear", 'self.grads["b"] = np.sum(grads, axis=0)', "pass"),
        ("Linear", 'return np.matmul(grads, self.params["W"].T)', "pass"),
        ("Linear", '+ self.params["b"]', '+ 2 * self.params["b"]'),
        ("ModelMLP", "z1 = self.act_fn1.backward(a1)", "z1 = a1"),
        ("ModelLR", 'self.grads["w"] = -1 / N', 'self.grads["w"] = -1'),
        ("ModelSR", 'self.grads["W"] = -1 / N', 'self.grads["W"] = 1 / N'),
        ("BinaryCrossEntropyLoss", "(1 - p)) / self.num", "(1 - p))"),
        ("BinaryCrossEntropyLoss", "-(right + wrong)", "(right + wrong)"),
        ("CrossEntropyLoops", "dx * grads", "dx"),
        ("Multiply", "grads * self.y, grads * self.x", "grads * self.x, grads * self.y"),
        ("Bump", "-2 * self.x", "-self.x"),
        ("Bump", "np.where(np.abs(self.x) < 2.5, inside", "np.where(np.abs(self.x) < 2.4, inside"),
        ("Shoulder", "3.0, 1.0", "3.00001, 1.0"),
        ("Shoulder", "grads * np.where(self.x > 2.5, 3.0, 1.0)",
         "grads * np.where(self.x == 2.5, 7.0, np.where(self.x > 2.5, 3.0, 1.0))"),
    ],
)  # fmt: skip
def test_wrong_classes_are_wrong(name, old, new, tmp_path) -> None:
    result = broken(tmp_path, name, old, new)
    assert result.exit_code == 1 and errors(result), repr(result)


REFERENCE = """
import numpy as np
def bump(x, width=1.0):
    return np.where(np.abs(x) < 2.5, np.exp(-x * x / width), 0.5 * x)
def other(x, width=1.0):
    return np.where(np.abs(x) < 2.5, np.exp(-x * x / width), 0.5 * x) + 1e-7
def affine(x, weight, bias):
    return x @ weight + bias
def scaled(x, weight, bias):
    return x @ weight + 1.001 * bias
"""


@pytest.mark.parametrize(
    ("name", "reference", "right"),
    [("Bump", "bump", True), ("Bump", "other", False), ("Linear", "affine", True),
     ("Linear", "scaled", False)],
)  # fmt: skip
def test_a_function_of_the_user_is_the_definition(name, reference, right, tmp_path) -> None:
    (tmp_path / "r.py").write_text(REFERENCE)
    place = f"{tmp_path / 'r.py'}::{reference}"
    result = check(f"{CLASSES}::{name}", against=(place,))
    assert result.exit_code == (0 if right else 1), repr(result)
    if not right:
        assert errors(result) == ["GRD015"]
        assert any(e.value == place for f in result.findings for e in f.evidence)
