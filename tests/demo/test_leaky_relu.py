"""Part 1 of the chapter: a right operator passes, a wrong one does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from backprove.demo import leaky_relu
from backprove.errors import BackproveError
from backprove.oracle.client import installed

EXAMPLE = Path(__file__).parents[2] / "examples" / "chapter_leaky_relu.py"

WRONG = """
import paddle
from nndl.op import Op

class Leaky(Op):
    def forward(self, inputs):
        self.inputs = inputs
        return {value}

    def backward(self, grads):
        return {gradient}
"""

RIGHT_VALUE = "paddle.where(inputs > 0, inputs, 0.1 * inputs)"
RIGHT_GRADIENT = "paddle.where(self.inputs > 0, grads, 0.1 * grads)"


@pytest.fixture(autouse=True)
def needs_paddle() -> None:
    if not installed("paddle"):
        pytest.skip("paddle is not installed")


def test_ours_differs_by_convention_only() -> None:
    found = leaky_relu.compare()
    assert found is not None
    said = found.verdicts()
    assert said[: len(leaky_relu.POINTS)] == ["equal"] * 3 + ["convention"] * 2 + [
        "equal",
        "equal",
        "equal",
        "convention",
    ]
    assert set(said[len(leaky_relu.POINTS) :]) == {"equal"}
    assert "convention" in leaky_relu.show(found)


def test_the_example_of_a_learner_is_right() -> None:
    found = leaky_relu.compare(str(EXAMPLE))
    assert found is not None and found.name == "LeakyReLU"
    assert found.slope == pytest.approx(0.1)
    assert "differs" not in found.verdicts()


@pytest.mark.parametrize(
    ("value", "gradient"),
    [
        (RIGHT_VALUE, "grads"),
        (RIGHT_VALUE, "paddle.where(self.inputs > 0, grads, -0.1 * grads)"),
        (RIGHT_VALUE, "paddle.where(self.inputs > 0, grads, 0.1001 * grads)"),
        (RIGHT_VALUE, "paddle.where(self.inputs > 0, 0.1 * grads, grads)"),
        (RIGHT_VALUE, f"paddle.where(self.inputs == 0, 7 * grads, {RIGHT_GRADIENT})"),
        ("paddle.where(inputs > 0, inputs, 0.1 * inputs * inputs * -1.0)", RIGHT_GRADIENT),
        ("paddle.where(paddle.isnan(inputs), 0.0 * inputs.isnan().astype('float32'), "
         + RIGHT_VALUE + ")", RIGHT_GRADIENT),
    ],
)  # fmt: skip
def test_a_wrong_one_differs(value, gradient, tmp_path) -> None:
    file = tmp_path / "f.py"
    file.write_text(WRONG.format(value=value, gradient=gradient))
    found = leaky_relu.compare(str(file))
    assert found is not None and "differs" in found.verdicts()
    assert "differs from Paddle at" in leaky_relu.show(found)


OTHERS = {
    "numpy": "np.where(x > 0, x, 0.1 * x)|np.where(self.x > 0, 1.0, 0.1) * g|import numpy as np",
    "torch": "torch.where(x > 0, x, 0.1 * x)|torch.where(self.x > 0, g, 0.1 * g)|import torch",
}


@pytest.mark.parametrize("library", OTHERS)
def test_a_learners_class_may_use_numpy_or_torch_inside(library, tmp_path) -> None:
    value, gradient, start = OTHERS[library].split("|")
    file = tmp_path / "f.py"
    file.write_text(
        f"{start}\nclass Leaky:\n    def forward(self, x):\n        self.x = x\n"
        f"        return {value}\n    def backward(self, g):\n        return {gradient}\n"
    )
    found = leaky_relu.compare(str(file))
    assert found is not None and "differs" not in found.verdicts()


@pytest.mark.parametrize(
    ("text", "said"), [("def f(:\n", "is not Python"), ("x = 1\n", "no class with forward")]
)
def test_a_file_that_cannot_be_used_is_told(text, said, tmp_path) -> None:
    (tmp_path / "f.py").write_text(text)
    with pytest.raises(BackproveError, match=said):
        leaky_relu.compare(str(tmp_path / "f.py"))
