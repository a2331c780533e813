"""Learners' chapter files run as they are, with a stand-in only where nothing else is there."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from backprove.course import load_operator, stand_in
from backprove.errors import UsageError
from backprove.oracle.client import OracleError
from support import ask

CHAPTER = """
from nndl.op import Op
import numpy as np

class Leaky(Op):
    def forward(self, inputs):
        self.inputs = inputs
        return np.where(inputs > 0, inputs, 0.1 * inputs)

    def backward(self, grads):
        return np.where(self.inputs > 0, 1.0, 0.1) * grads
"""

PADDLE = """
import paddle
from nndl.op import Op

class Leaky(Op):
    def forward(self, inputs):
        self.inputs = inputs
        return paddle.where(inputs > 0, inputs, 0.1 * inputs)

    def backward(self, grads):
        return grads * {factor}
"""


def test_a_chapter_file_runs_and_leaves_nothing_behind(tmp_path) -> None:
    file = tmp_path / "chapter.py"
    file.write_text(CHAPTER)
    path = list(sys.path)
    op = load_operator(str(file))()
    np.testing.assert_allclose(op(np.array([-1.0, 2.0])), [-0.1, 2.0])
    np.testing.assert_allclose(op.backward(np.ones(2)), [0.1, 1.0])
    assert sys.path == path
    assert not any(name.partition(".")[0] == "nndl" for name in sys.modules)
    assert importlib.util.find_spec("nndl") is None


def test_the_learners_own_package_wins(tmp_path) -> None:
    (tmp_path / "nndl").mkdir()
    (tmp_path / "nndl" / "__init__.py").write_text("")
    (tmp_path / "nndl" / "op.py").write_text("class Op:\n    own = True\n")
    (tmp_path / "chapter.py").write_text(CHAPTER)
    assert load_operator(str(tmp_path / "chapter.py")).own


def test_the_stand_in_is_only_there_inside_the_block(tmp_path) -> None:
    with stand_in(tmp_path):
        from nndl.op import Op

        with pytest.raises(NotImplementedError, match="Op has no forward yet"):
            Op()(1)
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("nndl.op")


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("x = 1\n", "", "no class with forward and backward"),
        (CHAPTER, "::Leeky", "has no class Leeky .* it has Leaky"),
    ],
)
def test_what_is_missing_is_named(text, place, said, tmp_path) -> None:
    (tmp_path / "f.py").write_text(text)
    with pytest.raises(UsageError, match=said):
        load_operator(f"{tmp_path / 'f.py'}{place}")


def test_a_class_of_paddle_tensors_runs_in_paddles_process(tmp_path) -> None:
    (tmp_path / "f.py").write_text(PADDLE.format(factor="paddle.where(self.inputs > 0, 1.0, 0.1)"))
    x = np.array([-2.0, 3.0], dtype=np.float32)
    place = f"{tmp_path / 'f.py'}::Leaky"
    found = ask("paddle").ask("run_file", place=place, x=x, dy=np.ones_like(x))
    assert found["name"] == "Leaky"
    np.testing.assert_allclose(found["y"], [-0.2, 3.0], rtol=1e-6)
    np.testing.assert_allclose(found["dx"], [0.1, 1.0], rtol=1e-6)


def test_an_error_in_the_learners_file_is_told(tmp_path) -> None:
    (tmp_path / "f.py").write_text(PADDLE.format(factor="unknown_name"))
    x = np.ones(2, dtype=np.float32)
    with pytest.raises(OracleError, match="unknown_name"):
        ask("paddle").ask("run_file", place=str(tmp_path / "f.py"), x=x, dy=x)
